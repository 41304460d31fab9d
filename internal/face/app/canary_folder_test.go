// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// TestCanariesInARealFolder sends planted secrets in every format to a real server:
// none may be in its answers, its log, its exports or any file of its data folder,
// also where that is compressed.
func TestCanariesInARealFolder(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), &lockedBuffer{}
	o := options(t, dir)
	o.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Config.Redact = config.Redact{Sources: map[string]config.RedactRules{
		"llm": {{Kind: "email", Action: "token"}, {Kind: "phone", Action: "drop"}},
	}}
	r := start(t, o)
	writer, reader := token(t, dir, "ingest"), token(t, dir, "manage")
	accepted := 0
	for _, format := range normalize.Catalog() {
		body := canaryLines(t, format.Name)
		status, answer := r.raw(http.MethodPost, "/api/siem/events?format="+format.Name, writer, body)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", format.Name, status, answer)
		}
		gone(t, "the answer for "+format.Name, answer)
		accepted += bytes.Count(answer, []byte(`"accepted":0`)) ^ 1
	}
	if accepted < len(normalize.Catalog())*3/4 {
		t.Errorf("only %d formats had a record that was taken", accepted)
	}
	// Requests that are wrong as a whole: their problems quote nothing.
	for _, body := range []string{
		`{"password":"hunter2planted"`, `[{"message":"x"},{"message":"4111111111111111"`, `{"message":"x","password=hunter2planted":1,"password=hunter2planted":2}`,
	} {
		_, answer := r.raw(http.MethodPost, "/api/siem/events", writer, body)
		gone(t, "a problem", answer)
	}
	for _, path := range []string{
		"/api/siem/export?format=ndjson&from=2000-01-01T00:00:00Z", "/api/siem/logs?limit=1000&from=2000-01-01T00:00:00Z", "/api/siem/inputs", "/api/siem/sources", "/api/siem/senders", "/api/siem/dashboard", "/metrics",
	} {
		status, answer := r.raw(http.MethodGet, path, reader, "")
		if status != http.StatusOK || len(answer) < 3 {
			t.Errorf("%s: %d, %d bytes", path, status, len(answer))
		}
		gone(t, path, answer)
		if strings.HasPrefix(path, "/api/siem/export") && !bytes.Contains(answer, []byte("[redacted:card]")) {
			t.Errorf("%d bytes of export hold nothing that was planted: the test proves nothing", len(answer))
		}
	}
	r.stop()
	gone(t, "the log", log.bytes())
	searchFolder(t, dir)
}

// canaryLines are records of a format in which each canary stands at some places, and
// some that are none.
func canaryLines(t *testing.T, format string) string {
	t.Helper()
	var b strings.Builder
	all := canaries()
	for n, record := range carriers(t, format) {
		for i, c := range all {
			planted := plant(record, c)
			if n >= 12 || len(planted) == 0 {
				continue
			}
			b.WriteString(planted[(n*len(all)+i)%len(planted)] + "\n")
			b.WriteString(planted[len(planted)-1] + "\n")
		}
	}
	return b.String()
}

// searchFolder looks for the canaries in every file below a folder, as it lies there
// and in each zstd frame of it.
func searchFolder(t *testing.T, dir string) {
	t.Helper()
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	files, frames, found := 0, 0, false
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		gone(t, path, raw)
		found = found || bytes.Contains(raw, []byte("[redacted:"))
		for rest, at := raw, 0; ; rest = rest[at+4:] {
			if at = bytes.Index(rest, []byte{0x28, 0xb5, 0x2f, 0xfd}); at < 0 {
				return nil
			}
			plain := frame(d, rest[at:])
			if len(plain) > 0 {
				frames++
			}
			gone(t, path+", in a frame", plain)
			found = found || bytes.Contains(plain, []byte("[redacted:"))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 || !found {
		t.Errorf("%d files with %d frames, a redacted text in one of them: %v; the search proves nothing", files, frames, found)
	}
}

// frame is what the frame at the start of b decodes to, as far as it does.
func frame(d *zstd.Decoder, b []byte) []byte {
	if err := d.Reset(bytes.NewReader(b)); err != nil {
		return nil
	}
	plain, _ := io.ReadAll(io.LimitReader(d.IOReadCloser(), 16<<20)) // what follows the frame is none
	return plain
}

// raw makes a request and returns status and body.
func (r *running) raw(method, path, token, body string) (int, []byte) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/plain")
		if strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, b
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}
