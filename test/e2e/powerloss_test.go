// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The power loss tests run the server in a virtual machine, a Linux kernel with an
// ext4 disk of its own in a file of the host, and kill the machine at random times.
// What the machine had in its memory only, among it every written page that was not
// synced, is gone; what its kernel had handed to the disk is in the file. The disk
// itself loses nothing that it was handed: a disk with a cache that forgets is what
// the journal's own tests simulate.
//
// After each cut the disk's file is copied, the copy's ext4 journal replayed, and
// the data folder in it held against the ledger that the machine's console has
// written outside; then the machine boots again from the same disk.

// TestPowerLoss: whenever the power goes, every acknowledged event is there exactly
// once afterwards, the journal verifies, and no checkpoint that was given out is
// taken back.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "sound")
	r := rand.New(rand.NewPCG(20, 27))
	l := &ledger{acked: map[string]bool{}}
	proofs := 0
	for round := range 8 {
		after := time.Duration(1000+r.IntN(19_000)) * time.Millisecond
		if round%4 == 3 { // merges begin a minute after the start, and go on for some seconds
			after = time.Duration(60_000+r.IntN(12_000)) * time.Millisecond
		}
		before := len(l.acked)
		b := m.boot(round, l)
		time.Sleep(after)
		m.cut(b)
		proofs += b.proofs
		if round > 0 && b.verified != "0" {
			t.Fatalf("round %d: verify in the machine: exit %s", round, b.verified)
		}
		if b.failed != "" {
			t.Fatalf("round %d: %s\n%s", round, b.failed, b.said.String())
		}
		m.inspect(func(data string) {
			if got := signedHeaders(t, data); got < b.headers {
				t.Errorf("round %d: the checkpoint has %d headers, one of %d was given out", round, got, b.headers)
			}
			if files, err := filepath.Glob(filepath.Join(data, "journal/segments/*/*/*-*.seg")); err != nil || len(files) > 0 {
				t.Logf("round %d: %d files are merged ones (%v)", round, len(files), err)
			}
			l.afterCut(t, m.tocsin, data, round)
		})
		t.Logf("round %d: power lost %v after ready, %d events acknowledged in it, %d proofs", round, after, len(l.acked)-before, b.proofs)
	}
	if len(l.acked) < 10_000 || proofs < 20 {
		t.Fatalf("only %d acknowledged events and %d proofs: the load was no load", len(l.acked), proofs)
	}
}

// TestPowerLossWithoutSync is the control: the same server, the same cuts, but its
// syncs succeed at once and do nothing. It must lose what it has acknowledged, or
// TestPowerLoss could not find out that something is lost.
func TestPowerLossWithoutSync(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20, 28))
	for round := range 5 {
		m := newMachine(t, "faulty")
		l := &ledger{acked: map[string]bool{}}
		b := m.boot(round, l)
		time.Sleep(time.Duration(7000+r.IntN(8000)) * time.Millisecond) // ext4 itself writes its metadata after 5 s
		m.cut(b)
		recorded, ok := 0, false
		m.inspect(func(data string) {
			out, _, code := (&server{t: t, bin: m.tocsin}).run("verify", "--data", data)
			recorded, ok = entries(out)
			t.Logf("round %d: %d acknowledged; verify: exit %d: %s", round, len(l.acked), code, firstLine(out))
		})
		if ok && len(l.acked) > 0 && recorded < len(l.acked) {
			t.Logf("at least %d of %d acknowledged events are lost", len(l.acked)-recorded, len(l.acked))
			return
		}
	}
	t.Fatal("a server without syncs lost nothing: the power loss test cannot fail")
}

// afterCut verifies a data folder and holds it against the ledger.
func (l *ledger) afterCut(t *testing.T, bin, data string, round int) {
	t.Helper()
	out, errOut, code := (&server{t: t, bin: bin}).run("verify", "--data", data)
	if code != 0 || !strings.HasPrefix(out, "UNANCHORED") || !strings.Contains(out, ", 0 tampered") {
		t.Fatalf("round %d: verify: exit %d: %s %s", round, code, out, errOut)
	}
	s := start(t, bin, data)
	seen, lost, double := map[string]int{}, 0, 0
	for _, e := range all[event](s, "/api/siem/logs?source=application") {
		seen[e.OriginID]++
		if e.Message != "order "+e.OriginID+" opened" || !sentBy(e.OriginID, round) {
			t.Errorf("round %d: nobody has sent %q: %q", round, e.OriginID, e.Message)
		}
	}
	for id := range l.acked {
		if seen[id] == 0 {
			lost++
		}
	}
	for _, n := range seen {
		if n > 1 {
			double++
		}
	}
	s.stop()
	if lost+double > 0 {
		t.Fatalf("round %d: of %d acknowledged events %d are lost; %d are there more than once", round, len(l.acked), lost, double)
	}
	t.Logf("round %d: %d acknowledged so far, %d recorded, each once; %s", round, len(l.acked), len(seen), strings.Join(strings.Fields(out), " "))
}

// sentBy tells whether the guest sends events of that name, up to a round.
func sentBy(id string, round int) bool {
	var r, c, b, i int
	n, err := fmt.Sscanf(id, "r%d-c%d-b%d-%d", &r, &c, &b, &i)
	return err == nil && n == 4 && r <= round && id == fmt.Sprintf("r%d-c%d-b%d-%d", r, c, b, i)
}

// signedHeaders is how many headers the newest checkpoint of a data folder is over.
func signedHeaders(t *testing.T, data string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(data, "journal", "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 3 { // origin, size, root
		t.Fatalf("not a checkpoint: %q", b)
	}
	n, err := strconv.Atoi(lines[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// entries is how many entries verify has found.
func entries(out string) (int, bool) {
	found := regexp.MustCompile(`of (\d+) entries`).FindStringSubmatch(out)
	if found == nil {
		return 0, false
	}
	n, err := strconv.Atoi(found[1])
	return n, err == nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// needsLong skips what takes minutes.
func needsLong(t *testing.T) {
	t.Helper()
	if os.Getenv("TOCSIN_LONG") == "" {
		t.Skip("takes minutes: make test-long")
	}
}
