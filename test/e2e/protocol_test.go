// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCapturesOfEveryProvider plays what a real LLM client sends to each service that
// it knows, byte for byte but for the token, to the routes of that service. Every event
// arrives once, as an event of source llm, also when all is sent again; no prompt and
// no token is in the data folder or the log.
func TestCapturesOfEveryProvider(t *testing.T) {
	t.Parallel()
	dir := shared(t, "reference/resk-captures")
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	captured := regexp.MustCompile(`\\?"eventId\\?":\\?"([^"\\]+)`)
	want := map[string]bool{}
	for _, c := range []struct{ name, old, new string }{
		{"splunk", "Splunk 00000000-0000-0000-0000-000000000000", "Splunk " + token},
		{"elastic", "ApiKey ZWxhc3RpYw==", "ApiKey " + token},
		{"datadog", "/v1/input/ddapikey0123456789", "/v1/input/" + token},
		{"azure-sentinel", "POST /api/logs?", "POST /api/logs/" + token + "?"},
		{"splunk-guide-endpoint", "Splunk tok", "Splunk " + token},
	} {
		for _, file := range []string{c.name + "-01.http", c.name + "-02.http", c.name + "-01.http"} {
			raw, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(raw, []byte(c.old)) {
				t.Fatalf("%s has no %q", file, c.old)
			}
			for _, id := range captured.FindAllSubmatch(raw, -1) {
				want[string(id[1])] = true
			}
			if status, body := s.bytes(bytes.Replace(raw, []byte(c.old), []byte(c.new), 1)); status/100 != 2 {
				t.Errorf("%s: %d %s", file, status, body)
			}
		}
	}
	got := map[string]int{}
	for _, e := range all[event](s, "/api/siem/logs?source=llm") {
		id, _, _ := strings.Cut(e.OriginID, ":")
		if got[e.OriginID]++; !want[id] {
			t.Errorf("an event %q that nobody sent", e.OriginID)
		}
	}
	for id := range want {
		if got[id] != 1 {
			t.Errorf("%s is there %d times", id, got[id])
		}
	}
	s.stop()
	for _, phrase := range []string{"Ignore all previous instructions", "DAN mode", "jo@example.com", token} {
		_ = filepath.WalkDir(s.data, func(file string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			if b, err := os.ReadFile(file); err == nil && bytes.Contains(b, []byte(phrase)) {
				t.Errorf("%s holds %q", file, phrase)
			}
			return err
		})
		if strings.Contains(s.out.errs.String(), phrase) {
			t.Errorf("the log holds %q", phrase)
		}
	}
}

// bytes sends a request as it stands and returns the answer.
func (s *server) bytes(request []byte) (status int, body string) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		s.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}
