// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func FuzzGELF(f *testing.F) {
	f.Add([]byte(`{"version":"1.1","host":"h","short_message":"s","full_message":"f","timestamp":1.5,"level":3,"_a":1,"_a.b":{"c":[]}}`))
	f.Add([]byte(`{"short_message":"s","_a":1,"a":2,"_":3,"__a":4,"_id":5,"_ip":"192.0.2.1:80","_user":7,"level":"9"}`))
	format, _ := Lookup("gelf")
	f.Fuzz(func(t *testing.T, raw []byte) {
		events, err := format.Normalize(raw, &Hint{Received: 1}, nil)
		if err != nil {
			return
		}
		for _, e := range events {
			e.Received, e.Time = 1, max(e.Time, 1)
			e.CutLong()
			if err := e.Validate(); err != nil && e.Size() <= event.MaxEventBytes {
				t.Fatalf("%v\n%s", err, jsonOf(events))
			}
		}
	})
}
