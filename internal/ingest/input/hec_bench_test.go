// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"testing"
)

// BenchmarkSplitHEC is what the check of every event costs beside its reading.
func BenchmarkSplitHEC(b *testing.B) {
	one := []byte(`{"time":1795339839.759,"host":"web-1","source":"shop","sourcetype":"_json","index":"main","event":{"category":"data_access",` +
		`"user":"ana","ip":"203.0.113.7","message":"order 7 was looked at by a person who has the right to do so","details":{"order":7,"items":[1,2,3],` +
		`"reason":"support call 4711","agent":"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}},"fields":{"team":"blue","env":"prod"}}` + "\n")
	body := bytes.Repeat(one, 1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if items, wrong, err := splitHEC(body); len(items) != 1000 || wrong != nil || err != nil {
			b.Fatal(wrong, err)
		}
	}
}
