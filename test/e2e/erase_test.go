// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// person is whom these tests erase. The name is in no event that comes later.
const person = "zoe-marin"

// people sends events of which every tenth names the person: as the user, in the
// message, in an attribute.
func (s *server) people(token, prefix string, n int) (named int) {
	s.t.Helper()
	for at := 0; at < n; {
		var b bytes.Buffer
		for range min(2000, n-at) {
			user, message, to := "user-"+strconv.Itoa(at%97), "order opened", "shop"
			if at%10 == 0 {
				named++
				switch at / 10 % 3 {
				case 0:
					user = person
				case 1:
					message = "order of ZOE-MARIN opened"
				default:
					to = "Zoe-Marin"
				}
			}
			fmt.Fprintf(&b, `{"id":"%s-%d","source":"application","category":"data_access","message":%q,"user":%q,"ip":"192.0.2.9","attrs":{"to":[%q]}}`+"\n", prefix, at, message, user, to)
			at++
		}
		s.send("/api/siem/events", token, "application/x-ndjson", b.Bytes())
	}
	return named
}

// erasing is an order to erase somebody.
type erasing struct {
	ID, Status, Hold, Error string
	Entries, Slots          int
	Progress                *struct{ Stage string }
}

func (s *server) order(subject string) erasing {
	s.t.Helper()
	var o erasing
	if err := json.Unmarshal(s.post("/api/siem/erasures", fmt.Sprintf(`{"subject":%q}`, subject), 202), &o); err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *server) orderDone(id string) (o erasing) {
	s.t.Helper()
	eventually(s.t, "the erasure is done", func() bool {
		o = erasing{}
		s.get("/api/siem/erasures/"+id, &o)
		if o.Error != "" || o.Status == "refused" {
			s.t.Fatalf("the erasure ends as %+v", o)
		}
		return o.Status == "done"
	})
	return o
}

// naming are the files of a folder in whose bytes the person stands.
func naming(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // of a server that runs
		}
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if bytes.Contains(bytes.ToLower(raw), []byte(person)) {
			found = append(found, strings.TrimPrefix(path, dir))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// verdictOf verifies a folder and wants exit code 0 and that many erased entries.
func (s *server) verdictOf(erased int, args ...string) {
	s.t.Helper()
	out, errOut, code := s.run(append([]string{"verify", "--data", s.data, "--json"}, args...)...)
	var report struct {
		Status           string
		Total, Verified  int
		Tampered, Erased int
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || report.Tampered != 0 || report.Verified != report.Total || report.Erased != erased {
		s.t.Errorf("verify %v: exit %d, %v, %+v, want %d erased: %s", args, code, err, report, erased, errOut)
	}
}

// TestErasureUnderLoad erases a person while clients send, holds refuse it before, and
// what was proven of others before is proven after.
func TestErasureUnderLoad(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), t.TempDir()
	s := start(t, bin, filepath.Join(dir, "data"))
	token, reader := s.token("ingest"), s.token("read")
	named := s.people(token, "before", 6000)
	file := func(name string) string { return filepath.Join(dir, name) }
	tool := func(want int, args ...string) string {
		t.Helper()
		out, errOut, code := s.run(args...)
		if code != want {
			t.Fatalf("%v: exit %d: %s%s", args, code, out, errOut)
		}
		return out
	}
	if err := os.WriteFile(file("key"), []byte(tool(0, "key", "public", "--data", s.data)), 0o600); err != nil {
		t.Fatal(err)
	}
	export := func(name, query string) {
		t.Helper()
		tool(0, "export", "--proof", "--url", s.url, "--token", reader, "--limit", "1000", "-o", file(name), query)
		tool(0, "verify", "--key", file("key"), file(name))
	}
	export("before.ndjson", "user:user-7")
	others := s.count("/api/siem/logs?user_id=user-7")
	if err := os.WriteFile(file("before.ckpt"), []byte(tool(0, "checkpoint", "--url", s.url, "--token", reader)), 0o600); err != nil {
		t.Fatal(err)
	}

	s.post("/api/siem/holds", `{"id":"case-1","reason":"a court asked","stream":"90d"}`, 201)
	if answer := string(s.post("/api/siem/erasures", `{"subject":"`+person+`"}`, 409)); !strings.Contains(answer, `"hold":"case-1"`) {
		t.Errorf("under a hold: %s", answer)
	}
	if status, _, b, err := s.do(request{method: "DELETE", path: "/api/siem/holds/case-1", token: s.login()}); err != nil || status != 204 {
		t.Fatalf("lift: %v %d %s", err, status, b)
	}

	var stop atomic.Bool
	var sent atomic.Int64
	var clients sync.WaitGroup
	for c := range 3 {
		clients.Go(func() {
			for batch := 0; !stop.Load(); batch++ {
				var b bytes.Buffer
				for i := range 50 {
					b.WriteString(body(fmt.Sprintf("load-%d-%d-%d", c, batch, i)))
				}
				status, _, _, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/x-ndjson", body: b.Bytes()})
				if err != nil || status != 200 {
					t.Errorf("while it erases, a batch is answered %d, %v", status, err)
					return
				}
				sent.Add(50)
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	eventually(t, "there is load", func() bool { return sent.Load() > 1000 })
	o := s.orderDone(s.order(person).ID)
	atEnd := sent.Load()
	eventually(t, "the load goes on", func() bool { return sent.Load() > atEnd })
	stop.Store(true)
	clients.Wait()
	if o.Entries != named {
		t.Errorf("%d entries were erased, want %d", o.Entries, named)
	}
	if got := s.total(); got != 6000+int(sent.Load()) {
		t.Errorf("%d events are there, want %d", got, 6000+sent.Load())
	}
	if got := s.count("/api/siem/logs?user_id=user-7"); got != others {
		t.Errorf("%d events of somebody else, %d before", got, others)
	}
	export("after.ndjson", "user:user-7")
	tool(0, "verify", "--key", file("key"), "--checkpoint", file("before.ckpt"), file("after.ndjson"))
	tool(0, "verify", "--key", file("key"), file("before.ndjson"))
	certificate := tool(0, "erase", "--certificate", o.ID, "--url", s.url, "--token", s.token("manage"))
	if err := os.WriteFile(file("certificate"), []byte(certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	tool(0, "verify", "--key", file("key"), "--certificate", file("certificate"))
	s.stop()
	if found := naming(t, s.data); len(found) > 0 {
		t.Errorf("the person is still in %v", found)
	}
	s.verdictOf(named)
	s.verdictOf(named, "--checkpoint", file("before.ckpt")) // no root has changed
}

// TestKillsDuringAnErasure kills the server again and again while it erases: the next
// start takes the order up, and in the end all of it is done, once.
func TestKillsDuringAnErasure(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	s := start(t, bin, data)
	token := s.token("ingest")
	named := 0
	for round := range 3 { // several files
		named += s.people(token, "round-"+strconv.Itoa(round), 30_000)
		s.stop()
		s = start(t, bin, data)
	}
	if found := naming(t, data); len(found) == 0 {
		t.Fatal("no file has the person before: this test can tell nothing")
	}
	o := s.order(person)
	stages := map[string]bool{}
	for kill := range 8 {
		time.Sleep(time.Duration(20+kill*60) * time.Millisecond)
		var now erasing
		s.get("/api/siem/erasures/"+o.ID, &now)
		s.kill()
		if now.Progress != nil {
			stages[now.Progress.Stage] = true
		}
		s = start(t, bin, data)
		if s.get("/api/siem/erasures/"+o.ID, &now); now.Status == "done" {
			break
		}
	}
	if len(stages) < 2 {
		t.Errorf("it was killed while it did %v: that is no test", stages)
	}
	if done := s.orderDone(o.ID); done.Entries != named {
		t.Errorf("%d entries were erased, want %d", done.Entries, named)
	}
	t.Logf("killed while it did %v", stages)
	s.stop()
	if found := naming(t, data); len(found) > 0 {
		t.Errorf("the person is still in %v", found)
	}
	s.verdictOf(named)
}
