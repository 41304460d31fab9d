// SPDX-License-Identifier: Apache-2.0

package input

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sendWith builds test/senders, the libraries of other projects, and runs one to its end.
func sendWith(t *testing.T, args ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "senders")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", "../../../test/senders", "-buildvcs=false", "-o", path, ".")
	if said, err := build.CombinedOutput(); err != nil {
		t.Skipf("needs the modules of test/senders: %s", strings.TrimSpace(string(said)))
	}
	if said, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", strings.Join(args, " "), err, said)
	}
}

// What OpenTelemetry's own exporter sends is recorded, and its answer satisfies it.
func TestOTLPExporter(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	sendWith(t, "otlp", serve(t, "otlp", s.env("otlp")), "good")
	got := recorded(t, s)
	if len(got) != 3 {
		t.Fatalf("%d records: %q", len(got), got)
	}
	for n, record := range got {
		for _, part := range []string{"service.name:shop", "host.name:web-1", "com.example.login", "2026-11-25 09:46:40", "wrong password " + string(rune('0'+n))} {
			if !strings.Contains(record, part) {
				t.Errorf("%q is not in %q", part, record)
			}
		}
	}
}
