// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func FuzzFluent(f *testing.F) {
	f.Add([]byte(`{"tag":"app","time":1795600000.5,"record":{"log":"x","source":"stdout","tag":"y"}}`))
	f.Add([]byte(`{"tag":"app","record":{"message":"{}","time":"never"}}`))
	format, _ := Lookup("fluent")
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
