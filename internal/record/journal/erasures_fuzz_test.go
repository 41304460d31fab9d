// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// FuzzErasures reads files of erasures, which come from outside: from wherever they were
// kept apart. What is accepted is whole, is the same when it is written again, and each
// number that it names is among what a restore then erases.
func FuzzErasures(f *testing.F) {
	good, err := erasureLine("siem.example/abcdefgh", &proof.Tombstone{
		Erased: true, ID: "order-1", Stream: "90d", Actor: "admin", Slots: [2][]proof.SeqRun{{{First: 3, Last: 3}, {First: 8, Last: 20}}, {{First: 3, Last: 3}}},
	}, time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(bytes.Repeat(good, 3))
	f.Add(good[:len(good)-1])
	f.Add(good[:len(good)/2])
	f.Add([]byte{})
	f.Add([]byte("\n"))
	f.Add([]byte(`{"id":"x","origin":"o","stream":"90d","slot0":[{"First":1,"Last":18446744073709551615}],"slot1":[{"First":5,"Last":6},{"First":7,"Last":9}]}`))
	f.Add([]byte(`{"id":"x","origin":"o","stream":"90d","slot0":[{"First":1,"Last":18446744073709551615}]}
{"id":"y","origin":"o","stream":"90d","slot0":[{"First":5,"Last":6},{"First":9,"Last":9}]}`))
	f.Add([]byte(`{"id":"x","origin":"o","stream":"90d","slot0":[{"First":2,"Last":1}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, _ = checkErasures(raw, "o", nil, nil)
		all, err := parseErasures(raw)
		if err != nil {
			if all != nil {
				t.Errorf("%d lines beside an error", len(all))
			}
			return
		}
		b := beginning{erasures: map[streamName]*[2][]proof.SeqRun{}}
		var again []byte
		for i := range all {
			l := &all[i]
			b.want(&proof.Tombstone{Origin: l.Origin, Stream: l.Stream, Slots: [2][]proof.SeqRun{l.Slot0, l.Slot1}})
			line, err := json.Marshal(l)
			if err != nil {
				t.Skip("a time that JSON has no form for")
			}
			again = append(append(again, line...), '\n')
		}
		same, err := parseErasures(again)
		if err != nil {
			t.Fatalf("%q is not read again: %v", again, err)
		}
		if diff := cmp.Diff(all, same, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("read again:\n%s", diff)
		}
		for i := range all {
			gone := b.erasures[streamName{all[i].Origin, all[i].Stream}]
			for slot, runs := range [2][]proof.SeqRun{all[i].Slot0, all[i].Slot1} {
				for _, r := range runs {
					if !inRuns(gone[slot], r.First) || !inRuns(gone[slot], r.Last) || !inRuns(gone[slot], r.First+(r.Last-r.First)/2) {
						t.Errorf("slot %d: %+v is not all in %+v", slot, r, gone[slot])
					}
				}
			}
		}
	})
}
