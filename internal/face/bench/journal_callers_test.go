// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFewerCallersAreHalvedDownToFour(t *testing.T) {
	t.Parallel()
	pool, _, err := makePool()
	if err != nil {
		t.Fatal(err)
	}
	for clients, want := range map[int][]int{7: nil, 8: {4}, 20: {10, 5}} {
		dir := t.TempDir()
		var r JournalReport
		p := producers{pool: pool, options: JournalOptions{Events: minEvents, Batch: 10, Clients: clients}}
		if err := measureCallers(t.Context(), filepath.Join(dir, "data"), &p, &r); err != nil {
			t.Fatal(err)
		}
		if len(r.Fewer) != len(want) {
			t.Fatalf("%d clients: %+v", clients, r.Fewer)
		}
		for i, c := range r.Fewer {
			if c.Clients != want[i] || c.WallRate <= 0 || c.P50 <= 0 || c.P99 < c.P50 {
				t.Errorf("%d clients: %+v", clients, c)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%d clients: left over: %v, %v", clients, left, err)
		}
		if p.options.Clients != clients || p.options.Events != minEvents {
			t.Errorf("the options are changed: %+v", p.options)
		}
	}
}
