// SPDX-License-Identifier: Apache-2.0

package window

import (
	"crypto/sha256"
	"strings"
)

// maxValueBytes is the longest value that is kept as it is; a longer one is kept
// as its hash, so that long values cost no memory.
const maxValueBytes = 128

// values are the distinct values of a track: each has an index, counts how many
// entries hold it and how many of these lie in the newest window. Indexes of
// forgotten values are used again.
type values struct {
	index   map[string]int32
	names   []string
	held    []int32
	window  []int32
	free    []int32
	present int64 // values with window > 0
}

// intern returns the index of a value and holds it once.
func (v *values) intern(s string) int32 {
	if len(s) > maxValueBytes {
		sum := sha256.Sum256([]byte(s))
		s = "\x00" + string(sum[:])
	}
	if i, ok := v.index[s]; ok {
		v.held[i]++
		return i
	}
	s = strings.Clone(s)
	if v.index == nil {
		v.index = map[string]int32{}
	}
	var i int32
	if n := len(v.free); n > 0 {
		i, v.free = v.free[n-1], v.free[:n-1]
		v.names[i], v.held[i], v.window[i] = s, 1, 0
	} else {
		i = int32(len(v.names)) //nolint:gosec // at most maxEntries+1
		v.names, v.held, v.window = append(v.names, s), append(v.held, 1), append(v.window, 0)
	}
	v.index[s] = i
	return i
}

// release gives up one hold.
func (v *values) release(i int32) {
	v.held[i]--
	if v.held[i] == 0 {
		delete(v.index, v.names[i])
		v.names[i] = ""
		v.free = append(v.free, i)
	}
}

func (v *values) enter(i int32) {
	v.window[i]++
	if v.window[i] == 1 {
		v.present++
	}
}

func (v *values) leave(i int32) {
	v.window[i]--
	if v.window[i] == 0 {
		v.present--
	}
}
