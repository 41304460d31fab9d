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
	const hook = "POST /api/security/events "
	for _, c := range []struct {
		files  []string
		change []string // old, new: where the token is, and the path that only the test's receiver had
	}{
		{[]string{"splunk-01", "splunk-02"}, []string{"Splunk 00000000-0000-0000-0000-000000000000", "Splunk " + token}},
		{[]string{"splunk-guide-endpoint-01", "splunk-guide-endpoint-02"}, []string{"Splunk tok", "Splunk " + token}},
		{[]string{"elastic-01", "elastic-02"}, []string{"ApiKey ZWxhc3RpYw==", "ApiKey " + token}},
		{[]string{"datadog-01", "datadog-02"}, []string{"/v1/input/ddapikey0123456789", "/v1/input/" + token}},
		{[]string{"azure-sentinel-01", "azure-sentinel-02"}, []string{"POST /api/logs?", "POST /api/logs/" + token + "?"}},
		{[]string{"webhook-01", "webhook-02", "filter-e2e-01"}, []string{"Bearer your-webhook-token", "Bearer " + token}},
		{[]string{"batch-01", "batch-02", "batch-03", "retry-01", "retry-02", "retry-03"}, []string{"Bearer t\r", "Bearer " + token + "\r", "POST /events ", hook}},
		{[]string{"webhook-nokey-01", "webhook-nokey-02"}, nil},
	} {
		for _, name := range append(c.files, c.files...) {
			raw, err := os.ReadFile(filepath.Join(dir, name+".http"))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(c.change); i += 2 {
				if !bytes.Contains(raw, []byte(c.change[i])) {
					t.Fatalf("%s has no %q", name, c.change[i])
				}
				raw = bytes.Replace(raw, []byte(c.change[i]), []byte(c.change[i+1]), 1)
			}
			status, body := s.bytes(raw)
			if c.change == nil {
				if status != http.StatusUnauthorized {
					t.Errorf("%s: %d %s", name, status, body)
				}
				continue
			}
			if status/100 != 2 {
				t.Errorf("%s: %d %s", name, status, body)
			}
			for _, id := range captured.FindAllSubmatch(raw, -1) {
				want[string(id[1])] = true
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
	for id, n := range got {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	if len(want) != 59 || got["resk_1795339842467_bnr9ppr31:injection"] != 1 {
		t.Errorf("%d events were sent, derived: %v", len(want), got)
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
