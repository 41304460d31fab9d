// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// secondReader was written in another language, from docs/segment-format.md alone.
const secondReader = "../../../test/verifier/segment.py"

// needReader skips the test where the second reader cannot run.
func needReader(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3")
	}
	if err := interpreter(t, "-c", "import sys; sys.version_info >= (3, 14) or __import__('zstandard')").Run(); err != nil {
		t.Skip("needs Python 3.14, or its module zstandard: bash scripts/test-deps.sh")
	}
}

// interpreter is Python with the module that scripts/test-deps.sh installs.
func interpreter(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	modules, err := filepath.Abs("../../../.tools/python")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", args...)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+modules)
	return cmd
}

func python(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := interpreter(t, append([]string{secondReader}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String(), errs.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, out.String(), errs.String()
}

// TestPythonReader: the second reader finds the same canonical bytes in a file, and
// in its filters and rollup what the rows say.
func TestPythonReader(t *testing.T) {
	t.Parallel()
	needReader(t)
	files := map[string][]*event.Event{"none": nil, "small": small(), "any": events(3, 2*segment.PageRows+77)}
	for name, es := range shapes() {
		files[name] = es[:min(len(es), 2*segment.PageRows+9)]
	}
	for name, es := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := write(t, fill(t, es), nil)
			code, out, errs := python(t, "--canonical", "--filters", f.Path())
			if code != 0 {
				t.Fatalf("exit %d: %s", code, errs)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if len(es) == 0 && out == "" {
				return
			}
			if len(lines) != len(es) {
				t.Fatalf("%d rows, want %d", len(lines), len(es))
			}
			for i, e := range es {
				leaf8, mac16 := integrity(i)
				want := fmt.Sprintf(`{"public": "%x", "slots": ["%x", "%x"], "leaf8": "%x", "mac16": "%x"}`, e.AppendPublic(nil), e.AppendSlot(nil, 0), e.AppendSlot(nil, 1), leaf8, mac16)
				if lines[i] != want {
					t.Fatalf("row %d:\n%s\nwant\n%s", i, lines[i], want)
				}
			}
		})
	}
}

// TestPythonReaderForPeople: the readable form has the fields by their names.
func TestPythonReaderForPeople(t *testing.T) {
	t.Parallel()
	needReader(t)
	e := &event.Event{
		ID: event.ID{1, 2}, Time: 5, Received: 6, Source: "app", User: "ana", Severity: event.High, Tags: []string{"t"}, Place: event.Place{Stream: "30d", Seq: 7, Ord: 8},
		Attrs: []event.Attr{{Key: "bytes", Value: event.Number("1e400")}, {Key: "list", Value: event.List(event.Text("x"), event.Null(), event.Bool(true))}},
	}
	code, out, errs := python(t, write(t, fill(t, []*event.Event{e}), nil).Path())
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": hex.EncodeToString(e.ID[:]), "time": 5.0, "received": 6.0, "source": "app", "user": "ana", "severity": 3.0, "outcome": 0.0, "stream": "30d", "seq": 7.0, "ord": 8.0,
		"tags": []any{"t"}, "attrs": map[string]any{"bytes": map[string]any{"number": "1e400"}, "list": []any{"x", nil, true}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPythonReaderRefuses: it is no worse at seeing damage.
func TestPythonReaderRefuses(t *testing.T) {
	t.Parallel()
	needReader(t)
	good := sampleOf(t, small())
	path := filepath.Join(t.TempDir(), "bad.seg")
	for i := 3; i < len(good); i += len(good) / 12 {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := python(t, "--filters", path); code != 1 || !strings.Contains(errs, "damaged") {
			t.Errorf("bit flipped in byte %d of %d: exit %d %s", i, len(good), code, errs)
		}
	}
}
