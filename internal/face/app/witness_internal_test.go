// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/witness"
)

// runWitness starts one on a free port and returns its URL; stop ends it and
// returns its error.
func runWitness(t *testing.T, o WitnessOptions) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	o.Stdout = in
	done := make(chan error, 1)
	go func() {
		err := RunWitness(ctx, o)
		_ = in.CloseWithError(io.EOF)
		done <- err
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	url, found := strings.CutPrefix(strings.TrimSpace(line), "ready on ")
	if err != nil || !found {
		cancel()
		t.Fatalf("%q, %v, %v", line, err, <-done)
	}
	return url, func() error { cancel(); return <-done }
}

// TestWitnessOfAJournalsKeys: the checkpoint keys of a keyring are what a witness
// watches, and the configuration leads a client to it.
func TestWitnessOfAJournalsKeys(t *testing.T) {
	t.Parallel()
	ring, err := keyring.Open(keyring.Options{Dir: filepath.Join(t.TempDir(), "keys"), Name: "log.example"})
	if err != nil {
		t.Fatal(err)
	}
	o := WitnessOptions{
		DataDir: filepath.Join(t.TempDir(), "witness"), Logger: slog.New(slog.DiscardHandler),
		Config: config.Witnessing{Listen: "127.0.0.1:0", Name: "witness.example"},
	}
	for _, k := range ring.Public() {
		if k.Purpose == keyring.Checkpoint {
			o.Config.Logs = append(o.Config.Logs, k.VKey)
		}
	}
	key, err := WitnessKey(o)
	if err != nil {
		t.Fatal(err)
	}
	url, stop := runWitness(t, o)
	var conf config.Config
	conf.Journal.Witnesses = []config.Witness{{URL: url, Key: key}}
	clients, err := witnessClients(&conf)
	if err != nil {
		t.Fatal(err)
	}
	c := proof.Checkpoint{Origin: ring.Origin(), Size: 1, Root: sha256.Sum256([]byte("root"))}
	msg, err := proof.SignCheckpoint(c, ring.Signers(keyring.Checkpoint)...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := clients[0].Add(t.Context(), 0, nil, msg)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := proof.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(append(msg, lines...), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if at, err := proof.CosignatureTime(n.Sigs[0]); err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("co-signed at %s, %v", at, err)
	}
	if err := stop(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	if _, err := clients[0].Size(t.Context(), msg); !errors.Is(err, witness.ErrUnreachable) {
		t.Errorf("it answers after it has stopped: %v", err)
	}
	url, stop = runWitness(t, o)
	again, err := witness.NewClient(url, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	if size, err := again.Size(t.Context(), msg); err != nil || size != 1 {
		t.Errorf("started again it knows %d, %v", size, err)
	}
	occupied := o
	occupied.DataDir, occupied.Stdout = filepath.Join(t.TempDir(), "other"), io.Discard
	occupied.Config.Listen = strings.TrimPrefix(url, "http://")
	if err := RunWitness(t.Context(), occupied); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("two on one port: %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// brokenOutput takes nothing.
type brokenOutput struct{}

func (brokenOutput) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWitnessThatCannotSayThatItIsReady(t *testing.T) {
	t.Parallel()
	vkey, err := note.NewEd25519VerifierKey("log.example", make(ed25519.PublicKey, ed25519.PublicKeySize))
	if err != nil {
		t.Fatal(err)
	}
	err = RunWitness(t.Context(), WitnessOptions{
		DataDir: filepath.Join(t.TempDir(), "w"), Logger: slog.New(slog.DiscardHandler), Stdout: brokenOutput{},
		Config: config.Witnessing{Listen: "127.0.0.1:0", Logs: []string{vkey}},
	})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

func TestWitnessOverAJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "journal"), 0o700); err != nil {
		t.Fatal(err)
	}
	if key, err := WitnessKey(WitnessOptions{DataDir: dir, Logger: slog.New(slog.DiscardHandler)}); err == nil {
		t.Errorf("a key %s beside a journal", key)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("something was made beside the journal: %v, %v", entries, err)
	}
}
