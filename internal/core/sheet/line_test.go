// SPDX-License-Identifier: Apache-2.0

package sheet_test

import (
	"encoding/json"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/sheet"
)

// TestLine: cells of any JSON, none of which begins a formula.
func TestLine(t *testing.T) {
	t.Parallel()
	cells := []json.RawMessage{[]byte(`"=a\"b\n"`), []byte(`12`), nil, []byte(`null`), []byte(`["+x",1]`), []byte(`true`)}
	got, err := sheet.AppendLine([]byte("x"), cells)
	if want := "x\"'=a\"\"b\\n\",12,,,\"[\"\"+x\"\",1]\",true\r\n"; err != nil || string(got) != want {
		t.Errorf("%q %v, want %q", got, err, want)
	}
	if _, err := sheet.AppendLine(nil, []json.RawMessage{[]byte(`"\q"`)}); err == nil {
		t.Error("a damaged text is no error")
	}
}
