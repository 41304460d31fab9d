// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/witness"
)

// openJournal opens a journal and runs it until stop is called.
func openJournal(t *testing.T, dir string, keys *keyring.Ring) (j *journal.Journal, stop func()) {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Options{Dir: dir, Keys: keys, LogFileBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- j.Run(ctx) }()
	return j, func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

// record appends an event and seals it; it returns the size of the checkpoint.
func record(t *testing.T, j *journal.Journal, message string) uint64 {
	t.Helper()
	now := time.Now().UnixNano()
	e := &event.Event{Time: now, Received: now, Source: "application", Category: "http_request", Message: message, Place: event.Place{Stream: "90d"}}
	if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
		t.Fatal(err)
	}
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, size, _, _ := j.Checkpoint()
	return size
}

// followJournal joins a journal and its witnesses as a server does.
func followJournal(t *testing.T, j *journal.Journal, file string, clients []*witness.Client) (f *witness.Follower, cosigned chan witness.Cosigned, told chan string) {
	t.Helper()
	cosigned, told = make(chan witness.Cosigned, 100), make(chan string, 1)
	f, err := witness.NewFollower(witness.FollowerOptions{
		Origin: j.Origin(), File: file, Clients: clients, Consistency: j.Consistency,
		Latest:   func() ([]byte, uint64) { msg, size, _, _ := j.Checkpoint(); return msg, size },
		Diverged: func(reason string) { j.Diverge(reason); told <- reason },
		Cosigned: func(c witness.Cosigned) { cosigned <- c },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, cosigned, told
}

// copyFolder copies a stopped journal.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestJournalIsWitnessed: a journal, its follower and a witness over HTTP. What was
// co-signed is an anchor for verify; a journal that was put back is noticed before
// it writes, and one that went on from an older copy signs nothing any more.
func TestJournalIsWitnessed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	keys, err := keyring.Open(keyring.Options{Dir: in("keys"), Name: "log.example"})
	if err != nil {
		t.Fatal(err)
	}
	o := WitnessOptions{DataDir: in("witness"), Logger: slog.New(slog.DiscardHandler), Config: config.Witnessing{Listen: "127.0.0.1:0"}}
	for _, k := range keys.Public() {
		if k.Purpose == keyring.Checkpoint {
			o.Config.Logs = append(o.Config.Logs, k.VKey)
		}
	}
	key, err := WitnessKey(o)
	if err != nil {
		t.Fatal(err)
	}
	url, stopWitness := runWitness(t, o)
	defer func() { _ = stopWitness() }()
	clients, err := witnessClients(&config.Config{Journal: config.Journal{Witnesses: []config.Witness{{URL: url, Key: key}}}})
	if err != nil {
		t.Fatal(err)
	}

	j, stop := openJournal(t, in("journal"), keys)
	record(t, j, "one")
	stop()
	copyFolder(t, in("journal"), in("old"))

	j, stop = openJournal(t, in("journal"), keys)
	f, cosigned, _ := followJournal(t, j, in("witnessed"), clients)
	ctx, cancel := context.WithCancel(t.Context())
	followed := make(chan error, 1)
	go func() { followed <- f.Run(ctx) }()
	var size uint64
	for _, message := range []string{"two", "three", "four"} {
		size = record(t, j, message)
		f.Wake()
	}
	for c := range cosigned {
		if c.Checkpoint.Size == size {
			break
		}
	}
	cancel()
	if err := <-followed; err != nil {
		t.Error(err)
	}
	if ahead, knows, err := f.Ahead(t.Context(), size); ahead || knows != size || err != nil {
		t.Errorf("an honest journal: %v, %d, %v", ahead, knows, err)
	}
	stop()

	list, err := witness.ReadCosigned(in("witnessed"))
	if err != nil || len(list) != 1 || list[0].Checkpoint.Size != size {
		t.Fatalf("%+v, %v", list, err)
	}
	trusted, err := proof.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(dir string) journal.Report {
		t.Helper()
		r, err := journal.Verify(t.Context(), dir, journal.VerifyOptions{Keys: keys, Anchors: [][]byte{list[0].Note}, Witnesses: []note.Verifier{trusted}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := verify(in("journal")); !r.OK() {
		t.Errorf("verify says %s: %+v", r.Status, r)
	}
	if r := verify(in("old")); r.OK() {
		t.Errorf("verify of the older copy says %s", r.Status)
	}

	// The older copy in its place, the file of cosignatures gone as well, and keys that
	// have forgotten what they signed.
	if err := os.Remove(in("keys/signed")); err != nil {
		t.Fatal(err)
	}
	j, stop = openJournal(t, in("old"), keys)
	defer func() { stop() }()
	_, known, _, _ := j.Checkpoint()
	f, _, told := followJournal(t, j, in("witnessed-new"), clients)
	if ahead, knows, err := f.Ahead(t.Context(), known); !ahead || knows != size || err != nil {
		t.Errorf("a journal that was put back: %v, %d, %v", ahead, knows, err)
	}
	// It goes on all the same, past what the witness knows.
	for known <= size {
		known = record(t, j, "another story")
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	go func() { followed <- f.Run(ctx) }()
	if reason := <-told; !strings.Contains(reason, "does not continue") {
		t.Errorf("diverged: %s", reason)
	}
	cancel()
	<-followed
	if again := record(t, j, "not vouched for"); again != known || j.Diverged() == nil {
		t.Errorf("it has signed size %d after %d, diverged: %v", again, known, j.Diverged())
	}
}
