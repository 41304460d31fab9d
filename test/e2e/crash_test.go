// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// ledger is what the senders know: it lives outside of the server and keeps an
// id only when its acknowledgement has arrived.
type ledger struct {
	mu    sync.Mutex
	acked map[string]bool
	sent  map[string]bool
}

// TestKillDuringLoad kills the server again and again while clients send, and
// holds what is there afterwards against the ledger: every acknowledged event
// is there exactly once, and nothing is there that nobody sent.
func TestKillDuringLoad(t *testing.T) {
	t.Parallel()
	rounds := 20
	if n, err := strconv.Atoi(os.Getenv("TOCSIN_KILLS")); err == nil {
		rounds = n
	}
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	l := &ledger{acked: map[string]bool{}, sent: map[string]bool{}}
	r := rand.New(rand.NewPCG(20, 26))
	var token string
	for round := range rounds {
		s := start(t, bin, data)
		if token == "" {
			token = s.token("ingest")
		}
		var stop atomic.Bool
		var clients sync.WaitGroup
		for c := range 6 {
			clients.Go(func() { l.load(s, token, fmt.Sprintf("r%d-c%d", round, c), &stop) })
		}
		time.Sleep(time.Duration(100+r.IntN(700)) * time.Millisecond)
		s.kill()
		stop.Store(true)
		clients.Wait()
	}
	if len(l.acked) < rounds*100 {
		t.Fatalf("only %d acknowledged events: the load was no load", len(l.acked))
	}
	s := start(t, bin, data)
	l.check(s)
	recorded := s.total()

	// What was acknowledged is also what a retry finds: sent once more, all of
	// it is a duplicate.
	var again bytes.Buffer
	n := 0
	for id := range l.acked {
		if n++; n > 2000 {
			break
		}
		again.WriteString(body(id))
	}
	if a := s.send("/api/siem/events", token, "application/x-ndjson", again.Bytes()); a.Duplicates != a.Accepted || a.Rejected != 0 {
		t.Errorf("sent again: %d accepted, %d of them duplicates, %d rejected", a.Accepted, a.Duplicates, a.Rejected)
	}
	if after := s.total(); after != recorded {
		t.Errorf("%d events are recorded after a retry, %d were before", after, recorded)
	}
	s.stop()
	out, errOut, code := s.run("verify", "--data", data)
	if code != 0 {
		t.Errorf("verify: exit %d: %s %s", code, out, errOut)
	}
}

func body(id string) string {
	return fmt.Sprintf(`{"id":%q,"time":"2026-11-20T10:00:00Z","source":"application","category":"data_access","message":"order %s opened","user":"u1","ip":"192.0.2.9"}`+"\n", id, id)
}

// load sends batches until the server is gone.
func (l *ledger) load(s *server, token, prefix string, stop *atomic.Bool) {
	for batch := 0; !stop.Load(); batch++ {
		var b bytes.Buffer
		ids := make([]string, 0, 50)
		for i := range 50 {
			id := fmt.Sprintf("%s-b%d-%d", prefix, batch, i)
			ids = append(ids, id)
			b.WriteString(body(id))
		}
		l.mu.Lock()
		for _, id := range ids {
			l.sent[id] = true
		}
		l.mu.Unlock()
		status, _, answer, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/x-ndjson", body: b.Bytes()})
		var a ingestAnswer
		time.Sleep(3 * time.Millisecond) // six clients are load enough; all of it is read back
		if err != nil || status != 200 || json.Unmarshal(answer, &a) != nil || a.Accepted != len(ids) {
			continue
		}
		l.mu.Lock()
		for _, id := range ids {
			l.acked[id] = true
		}
		l.mu.Unlock()
	}
}

// total counts the recorded events that are not the server's own.
func (s *server) total() int {
	s.t.Helper()
	var st struct{ Total int }
	s.get("/api/siem/statistics?source=application", &st)
	return st.Total
}

// check reads everything back over the API.
func (l *ledger) check(s *server) {
	s.t.Helper()
	seen, places := map[string]int{}, map[string]bool{}
	for _, e := range all[event](s, "/api/siem/logs?source=application") {
		seen[e.OriginID]++
		place := fmt.Sprint(e.Stream, "/", e.Seq)
		if places[place] {
			s.t.Errorf("two events at %s", place)
		}
		places[place] = true
	}
	lost, double, unknown := 0, 0, 0
	for id := range l.acked {
		if seen[id] == 0 {
			lost++
		}
	}
	for id, n := range seen {
		if n > 1 {
			double++
		}
		if !l.sent[id] {
			unknown++
		}
	}
	if lost+double+unknown > 0 {
		s.t.Fatalf("of %d acknowledged events %d are lost, %d are there more than once, %d were never sent", len(l.acked), lost, double, unknown)
	}
	s.t.Logf("%d acknowledged, %d recorded, each once", len(l.acked), len(seen))
}
