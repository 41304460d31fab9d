// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openUpload(t testing.TB, env Env, section TLS) Input {
	t.Helper()
	return open(t, "journal_upload", env, func(c *JournalUpload) { c.Listen, c.TLS = "127.0.0.1:0", section })
}

// The real systemd-journal-upload sends a real journal, plainly and with a certificate.
func TestJournalUpload(t *testing.T) {
	t.Parallel()
	uploader := needs(t, "systemd-journal-upload", "systemd-journal-remote")
	ca := newAuthority(t, "ca")
	ca.issue(t, "localhost")
	ca.issue(t, "web-1.example.com")
	for _, c := range []struct {
		name, scheme, sender string
		section              TLS
		args                 []string
	}{
		{"plain", "http", "journal:127.0.0.1", TLS{}, nil},
		{"mutual TLS", "https", "journal:web-1.example.com", ca.section("localhost", ca), []string{
			"--key=" + ca.file("web-1.example.com.key"), "--cert=" + ca.file("web-1.example.com.crt"), "--trust=" + ca.file("ca.crt"),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), newSink(t)
			in := openUpload(t, s.env("up"), c.section)
			run(t, in)
			file, state := filepath.Join(dir, "a.journal"), filepath.Join(dir, "state")
			upload := func() {
				t.Helper()
				_, port, _ := strings.Cut(in.Stats().Address, ":")
				cmd := exec.CommandContext(t.Context(), uploader, append([]string{
					"--url=" + c.scheme + "://localhost:" + port, "--save-state=" + state, "--file=" + file, "--follow=no",
				}, c.args...)...)
				cmd.Env = append(os.Environ(), libraries(t))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("systemd-journal-upload: %v\n%s", err, out)
				}
			}
			toJournal(t, file, exported(1, "MESSAGE=one"), exported(2, strings.TrimSuffix(binaryField("MESSAGE", "two\nlines"), "\n")))
			upload()
			toJournal(t, file, exported(3, "MESSAGE=three"), exported(4, "MESSAGE=four"))
			upload()
			if diff := cmp.Diff([]string{"four", "one", "three", "two\nlines"}, s.messages()); diff != "" {
				t.Error(diff)
			}
			if err := os.Remove(state); err != nil { // the sender has lost its place
				t.Fatal(err)
			}
			upload()
			known := s.duplicates() // it begins with the last entry before its place, too
			if n := len(s.all()); n != 4 || known < 4 {
				t.Errorf("%d entries, %d known", n, known)
			}
			for _, e := range s.all() {
				if e.Sender != c.sender || !strings.HasPrefix(e.OriginID, "s=") {
					t.Errorf("%q of %s", e.OriginID, e.Sender)
				}
			}
			if got := in.Stats(); got.Received != 4+known || got.Broken+got.Cut+got.Lost+got.Refused > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestJournalUploadAnswers(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := openUpload(t, s.env("up"), TLS{})
	run(t, in)
	const media = "application/vnd.fdo.journal"
	for _, c := range []struct {
		method, path, media, body string
		want                      int
	}{
		{"POST", "/upload", media, exported(1, "MESSAGE=a"), http.StatusAccepted},
		{"POST", "/upload", media, "", http.StatusAccepted},
		{"POST", "/upload", media, exported(2, "MESSAGE=b") + "MESSAGE=c", http.StatusExpectationFailed},
		{"POST", "/upload", media, "not=this\n\n", http.StatusBadRequest},
		{"POST", "/upload", "text/plain", exported(3, "MESSAGE=d"), http.StatusUnsupportedMediaType},
		{"GET", "/upload", media, "", http.StatusMethodNotAllowed},
		{"POST", "/", media, "", http.StatusNotFound},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+in.Stats().Address+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", c.media)
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _ = r.Body.Close(); r.StatusCode != c.want {
			t.Errorf("%s %s %q: %d, want %d", c.method, c.path, c.body, r.StatusCode, c.want)
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, s.messages()); diff != "" {
		t.Error(diff)
	}
}

// An upload that goes on for ever is recorded as it comes, and ends with the input;
// the answer is not 202 then.
func TestJournalUploadEndsWithTheInput(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := openUpload(t, s.env("up"), TLS{})
	stop := run(t, in)
	r, w := io.Pipe()
	status := make(chan int, 1)
	go func() {
		req, _ := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, "http://"+in.Stats().Address+"/upload", r)
		req.Header.Set("Content-Type", "application/vnd.fdo.journal")
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			status <- 0
			return
		}
		_ = answer.Body.Close()
		status <- answer.StatusCode
	}()
	for i, m := range []string{"a", "b"} {
		if _, err := io.WriteString(w, exported(i, "MESSAGE="+m)); err != nil {
			t.Fatal(err)
		}
		s.waitFor(t, i+1)
	}
	stop()
	_ = w.CloseWithError(errors.New("the sender gives up"))
	select {
	case got := <-status:
		if got == http.StatusAccepted {
			t.Error("an upload that did not end is accepted")
		}
	case <-time.After(10 * time.Second):
		t.Error("the sender waits for ever")
	}
}

func TestJournalUploadIsChecked(t *testing.T) {
	t.Parallel()
	for listen, good := range map[string]bool{
		"127.0.0.1:19532": true, "[::1]:19532": true, "localhost:19532": true,
		"0.0.0.0:19532": false, ":19532": false, "192.0.2.1:19532": false, "siem.example.com:19532": false,
	} {
		c := journalUploadSpec().New().(*JournalUpload)
		c.Listen = listen
		if err := c.Validate(); (err == nil) != good || err != nil && !strings.HasPrefix(err.Error(), "tls:") {
			t.Errorf("%s: %v", listen, err)
		}
		c.TLS = TLS{Cert: "a", Key: "b"}
		if err := c.Validate(); err != nil {
			t.Errorf("%s with TLS: %v", listen, err)
		}
	}
}
