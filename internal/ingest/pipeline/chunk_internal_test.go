// SPDX-License-Identifier: Apache-2.0

package pipeline

import "testing"

// TestChunkOf: a chunk ends with its records' number or bytes, whichever is first, and
// is never empty.
func TestChunkOf(t *testing.T) {
	t.Parallel()
	small, large, huge := make([]byte, 100), make([]byte, chunkBytes/2), make([]byte, 2*chunkBytes)
	for _, c := range []struct {
		name  string
		items [][]byte
		want  int
	}{
		{"one", [][]byte{small}, 1},
		{"one over all bytes", [][]byte{huge, small}, 1},
		{"two that fill it", [][]byte{large, large, small}, 2},
		{"the last may go over", [][]byte{small, huge, small}, 2},
		{"records without bytes", make([][]byte, 3*chunkItems), chunkItems},
		{"fewer", make([][]byte, chunkItems-1), chunkItems - 1},
	} {
		if got := chunkOf(c.items); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
