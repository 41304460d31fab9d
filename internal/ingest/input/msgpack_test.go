// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestPackJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"\x07": "7", "\xff": "-1", "\xc0": "null", "\xc2": "false", "\xc3": "true", "\xa2hi": `"hi"`, "\xa1\xff": `"` + "\ufffd" + `"`,
		"\xcc\xff": "255", "\xcd\x01\x00": "256", "\xce\x00\x01\x00\x00": "65536", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff": "18446744073709551615",
		"\xd0\x80": "-128", "\xd1\xff\xfe": "-2", "\xd2\xff\xff\xff\xfd": "-3", "\xd3\xff\xff\xff\xff\xff\xff\xff\xfc": "-4",
		"\xca\x3f\x80\x00\x00": "1", "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00": "1.5", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00": `"NaN"`,
		"\xc4\x02hi": `"hi"`, "\xc5\x00\x01\xff": `"/w=="`, "\xc6\x00\x00\x00\x01a": `"a"`,
		"\xd9\x01a": `"a"`, "\xda\x00\x01a": `"a"`, "\xdb\x00\x00\x00\x01a": `"a"`,
		"\x92\x01\x90": "[1,[]]", "\xdc\x00\x01\x01": "[1]", "\xdd\x00\x00\x00\x01\x01": "[1]",
		"\x81\xa1a\x80": `{"a":{}}`, "\xde\x00\x01\xa1a\x01": `{"a":1}`, "\xdf\x00\x00\x00\x01\x01\xc0": `{"1":null}`,
		"\xd4\x05a": `"YQ=="`, "\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x02": "1.000000002", "\xc7\x08\x00\x00\x00\x00\x01\x00\x00\x00\x02": "1.000000002",
		"\xd5\x01ab": `"YWI="`, "\xd6\x01abcd": `"YWJjZA=="`, "\xd8\x010123456789abcdef": `"MDEyMzQ1Njc4OWFiY2RlZg=="`,
	} {
		got, n, err := appendPackJSON(nil, []byte(in), 0)
		if err != nil || string(got) != want || n != len(in) {
			t.Errorf("%q: %s after %d bytes, %v, want %s", in, got, n, err, want)
		}
		if size, err := packLen([]byte(in + "more")); err != nil || size != len(in) {
			t.Errorf("%q: %d bytes, %v", in, size, err)
		}
		for i := range len(in) {
			if _, err := packLen([]byte(in[:i])); !errors.Is(err, errPackShort) {
				t.Errorf("%q: %v", in[:i], err)
			}
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte("\x93\xa1t\x01\x81\xa1a\xc4\x01\xff"), 3)
	f.Add([]byte("\x92\xa1t\xdd\xff\xff\xff\xff\x01"), 5)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		n, err := packLen(data)
		var s packScan
		at = max(0, min(at, len(data)))
		m, errPieces := s.next(data[:at])
		if errors.Is(errPieces, errPackShort) {
			m, errPieces = s.next(data)
		}
		if (err == nil) != (errPieces == nil) || n != m {
			t.Fatalf("%q: %d (%v), in pieces %d (%v)", data, n, err, m, errPieces)
		}
		if err != nil {
			return
		}
		text, used, err := appendPackJSON(nil, data, 0)
		if err == nil && (used != n || !json.Valid(text)) {
			t.Fatalf("%q: %d of %d bytes: %s", data, used, n, text)
		}
	})
}
