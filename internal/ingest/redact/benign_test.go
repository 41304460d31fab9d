// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// TestBenign counts what is masked in real logs without the secrets of anybody. Each
// find there is was looked at: a bound is what is right, or what is known to be wrong.
func TestBenign(t *testing.T) {
	t.Parallel()
	const data = "../../../../shared/data/"
	for _, c := range []struct {
		file string
		most map[string]int // by token
	}{
		{"loghub/OpenSSH_2k.log", nil},
		{"otrf/events3k.ndjson.gz", map[string]int{"cloud_key": 2}},                // ids of access keys
		{"sigma-regression/reg.ndjson", map[string]int{"password": 2, "token": 4}}, // on command lines
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(data + c.file)
			if err != nil {
				t.Skip("needs the test data beside the project")
			}
			defer f.Close()
			var in io.Reader = f
			if strings.HasSuffix(c.file, ".gz") {
				if in, err = gzip.NewReader(f); err != nil {
					t.Fatal(err)
				}
			}
			r, lines, size, counts := redact.New(), 0, 0, map[string]int{}
			scan := bufio.NewScanner(in)
			scan.Buffer(nil, 8<<20)
			for scan.Scan() {
				lines++
				size += len(scan.Bytes())
				got, changed := r.Text(scan.Text())
				if changed == 0 {
					continue
				}
				for piece := range strings.SplitSeq(got, "[redacted:") {
					if kind, _, ok := strings.Cut(piece, "]"); ok && len(kind) < 16 {
						counts[kind]++
					}
				}
				if testing.Verbose() {
					at := strings.Index(got, "[redacted:")
					t.Logf("%q", got[max(0, at-80):min(len(got), at+60)])
				}
			}
			if err := scan.Err(); err != nil || lines < 100 {
				t.Fatalf("%d lines, %v", lines, err)
			}
			t.Logf("%d lines, %d KB: %v", lines, size>>10, counts)
			for kind, n := range counts {
				if n > c.most[kind] {
					t.Errorf("%d times %s, want at most %d", n, kind, c.most[kind])
				}
			}
		})
	}
}
