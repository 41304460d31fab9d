// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk is a file system of its own with so many MiB.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0700", mib)); err != nil {
		t.Skipf("needs the right to mount a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes a file until the disk is full to the last byte.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// bulky makes 500 events that compress badly.
func bulky(r *rand.Rand, batch int) []byte {
	var b bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&b, `{"id":"%d-%d","source":"application","message":"%x%x%x%x %s"}`+"\n", batch, i, r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64(),
			strings.Repeat(fmt.Sprintf("%x ", r.Uint64()), 20))
	}
	return b.Bytes()
}

// TestFullDisk fills the disk under a server: nothing is acknowledged that is not
// there, everybody is told to come back, reading goes on, and when there is room
// it goes on by itself, with everything there once.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 110)
	data, ballast := filepath.Join(disk, "data"), filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 38<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, binary(t), data)
	token := s.token("ingest")
	s.login()
	r := rand.New(rand.NewPCG(1, 2))
	post := func(body []byte) (int, string, ingestAnswer) {
		status, h, b, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/x-ndjson", body: body})
		var a ingestAnswer
		if err != nil || status == 200 && json.Unmarshal(b, &a) != nil {
			t.Fatalf("%v %d %.200s", err, status, b)
		}
		return status, h.Get("Retry-After"), a
	}

	// Until it says no.
	acked, refused := 0, []byte(nil)
	for ; acked < 2000 && refused == nil; acked++ {
		b := bulky(r, acked)
		if status, again, _ := post(b); status == 503 && again != "" {
			refused = b
			break
		} else if status != 200 {
			t.Fatalf("batch %d: status %d, Retry-After %q", acked, status, again)
		}
	}
	if refused == nil || acked < 20 {
		t.Fatalf("refused after %d batches: the disk was no small disk", acked)
	}
	fill(t, filepath.Join(disk, "rest"))
	for range 3 {
		if status, again, _ := post(refused); status != 503 || again == "" {
			t.Errorf("on a full disk: status %d, Retry-After %q, want 503 with it", status, again)
		}
	}
	if got := s.count("/api/siem/logs?source=application&q=zz-nothing"); got != 0 {
		t.Errorf("reading on a full disk: %d", got)
	}
	var st struct{ Total int }
	s.get("/api/siem/statistics", &st)
	if st.Total < acked*500 {
		t.Errorf("%d events can be read, %d are acknowledged", st.Total, acked*500)
	}
	status, h, b, err := s.do(request{method: "POST", path: "/api/auth/login", contentType: "application/json", body: fmt.Appendf(nil, `{"username":"admin","password":%q}`, adminPassword)})
	if err != nil || status != 503 || h.Get("Retry-After") == "" {
		t.Errorf("a log-in that cannot be stored: %v %d %s, want 503 with Retry-After", err, status, b)
	}
	if status, _, b, _ := s.do(request{method: "GET", path: "/readyz"}); status != 503 || !bytes.Contains(b, []byte("journal")) {
		t.Errorf("readiness on a full disk: %d %s", status, b)
	}

	// There is room: it resumes by itself.
	for _, path := range []string{ballast, filepath.Join(disk, "rest")} {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "it writes again", func() bool {
		status, _, a := post(refused)
		return status == 200 && a.Accepted == 500
	})
	acked++
	if status, _, b, _ := s.do(request{method: "GET", path: "/readyz"}); status != 200 {
		t.Errorf("readiness with room: %d %s", status, b)
	}
	seen := map[string]int{}
	for _, e := range all[event](s, "/api/siem/logs?source=application") {
		seen[e.OriginID]++
	}
	for batch := range acked {
		for i := range 500 {
			if n := seen[fmt.Sprintf("%d-%d", batch, i)]; n != 1 {
				t.Fatalf("event %d-%d is there %d times, want once", batch, i, n)
			}
		}
	}
	s.stop()
	if out, errOut, code := s.run("verify", "--data", data); code != 0 || !strings.HasPrefix(out, "UNANCHORED") {
		t.Errorf("verify: exit %d: %s %s", code, out, errOut)
	}
}

// TestFullStateDatabase leaves the journal room and the state database none: what
// detection finds meanwhile is not lost.
func TestFullStateDatabase(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, 110)
	data, rest := filepath.Join(disk, "data"), filepath.Join(disk, "rest")
	s := start(t, binary(t), data)
	token := s.token("ingest")
	s.login()
	s.send("/api/siem/events", token, "application/json", []byte(`{"source":"application","message":"opens the log file"}`))
	time.Sleep(300 * time.Millisecond) // the spare log file
	fill(t, rest)
	for i := range 40 { // more than the database's own log has room for
		attackFrom(s, token, time.Now(), fmt.Sprintf("203.0.113.%d", 10+i))
	}
	if got := s.count("/api/siem/logs?category=login_failed"); got != 40*12 {
		t.Errorf("%d events can be read, want 480", got)
	}
	s.kill()
	if err := os.Remove(rest); err != nil {
		t.Fatal(err)
	}
	s = start(t, binary(t), data)
	eventually(t, "all alerts", func() bool { return len(all[alert](s, "/api/siem/alerts?rule=RULE-BRUTE-FORCE")) == 40 })
	time.Sleep(200 * time.Millisecond)
	if got := len(all[anomaly](s, "/api/siem/anomalies?type=brute_force_attack")); got != 40 {
		t.Errorf("%d anomalies, want 40", got)
	}
}

// count is the number of items of a list.
func (s *server) count(path string) int {
	s.t.Helper()
	return len(all[map[string]any](s, path))
}

// attackFrom sends twelve failed log-ins from an address.
func attackFrom(s *server, token string, at time.Time, address string) {
	s.t.Helper()
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, `{"id":"%s-%d","time":%q,"source":"authentication","category":"login_failed","outcome":"failure","severity":"low","message":"Wrong password","user":"root","ip":%q}`+"\n",
			address, i, at.Add(time.Duration(i-12)*time.Second).UTC().Format(time.RFC3339Nano), address)
	}
	if a := s.send("/api/siem/events", token, "application/x-ndjson", []byte(b.String())); a.Accepted != 12 {
		s.t.Fatalf("%+v", a)
	}
}
