// SPDX-License-Identifier: Apache-2.0

// Package prooftest makes small journals in memory, with keys, a log of headers
// and checkpoints, and evidence bundles of them. Every byte depends on the calls
// alone, so that bundles can be frozen.
package prooftest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// Origin is the name of every journal of this package.
const Origin = "siem.example/abcdefgh"

// start is the time of receipt of the first event.
const start = 1_760_000_000_000_000_000

// Key is an Ed25519 key of a note: the n-th of that name.
func Key(t testing.TB, name string, n int) (note.Signer, string) {
	t.Helper()
	seed := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, n))
	vkey, err := note.NewEd25519VerifierKey(name, ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(vkey, "+", 3)
	signer, err := note.NewSigner("PRIVATE+KEY+" + parts[0] + "+" + parts[1] + "+" +
		base64.StdEncoding.EncodeToString(append([]byte{1}, seed[:]...)))
	if err != nil {
		t.Fatal(err)
	}
	return signer, vkey
}

// Witness is a witness's key, with the clock at a fixed time.
func Witness(t testing.TB, name string) *proof.Cosigner {
	t.Helper()
	seed := sha256.Sum256([]byte("witness " + name))
	w, err := proof.NewCosigner(name, ed25519.NewKeyFromSeed(seed[:]), func() time.Time { return time.Unix(0, start).Add(time.Hour) })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Succession is the statement that key n+1 of a purpose follows key n.
func Succession(t testing.TB, purpose string, n int) string {
	t.Helper()
	older, oldKey := Key(t, proof.KeyName(Origin, purpose), n)
	newer, newKey := Key(t, proof.KeyName(Origin, purpose), n+1)
	msg, err := proof.SignKeyStatement(proof.KeyStatement{
		Origin: Origin, Purpose: purpose, Old: oldKey, New: newKey, Time: time.Unix(0, start),
	}, older, newer)
	if err != nil {
		t.Fatal(err)
	}
	return string(msg)
}

// Journal is sealed ranges under one log.
type Journal struct {
	Ranges []*Range
	Tree   proof.Levels // over the headers

	ord  uint64
	last map[string]*Range
}

// Range is a sealed range with all that a bundle needs of it.
type Range struct {
	proof.Header
	Index   uint64 // of the header in the log
	Entries []proof.BundleEntry
	Leaves  proof.Leaves
	Seed    proof.Hash
	Pruned  uint64 // the tombstone's sequence number, 0 while it is there
	lost    map[int]bool
}

// Event is an ordinary event; n makes it differ from others.
func Event(n int) *event.Event {
	e := &event.Event{
		Source: "authentication", Category: "login_failed", Outcome: event.Failure, Severity: event.Medium,
		User: fmt.Sprintf("user%d", n%7), IP: fmt.Sprintf("203.0.113.%d", n%250), Host: "gate", Message: fmt.Sprintf("login %d refused", n),
		Tags: []string{"ssh"},
	}
	e.ID[0], e.ID[15] = 1, byte(n)
	e.SetAttr("port", event.Int(int64(1024+n)))
	return e
}

// Seal records events as the next range of a stream; a nil event is a lost entry.
func (j *Journal) Seal(t testing.TB, stream string, events ...*event.Event) *Range {
	t.Helper()
	r := &Range{lost: map[int]bool{}, Index: j.Tree.Size()}
	r.Header = proof.Header{
		Origin: Origin, Stream: stream, Class: stream, Number: 1, First: 1, Count: uint32(len(events)), Epoch: 1,
		SealedAt: start + int64(time.Hour),
	}
	if j.last == nil {
		j.last = map[string]*Range{}
	}
	if p := j.last[stream]; p != nil {
		r.Number, r.First, r.Previous, r.Ratchet = p.Number+1, p.Last()+1, p.Leaf(), p.Ratchet+1
	}
	r.Seed = sha256.Sum256(fmt.Appendf(nil, "seed %s %d", stream, r.Number))
	var h proof.Hasher
	h.Blind.Reset(&r.Seed)
	for i, e := range events {
		seq := r.First + uint64(i)
		if e == nil {
			r.Lost++
			r.lost[i] = true
			r.Entries = append(r.Entries, proof.BundleEntry{})
			r.Leaves = append(r.Leaves, proof.LostLeaf(stream, seq))
			continue
		}
		j.ord++
		e.Place = event.Place{Origin: Origin, Stream: stream, Seq: seq, Ord: j.ord}
		e.Received = start + int64(j.ord)*int64(time.Millisecond)
		e.Time = e.Received - int64(time.Second)
		r.bounds(e)
		b := proof.BundleEntry{I: uint32(i), Public: e.AppendPublic(nil)}
		for s := range b.Slots {
			blinder, _ := h.Blind.At(b.I, uint32(s))
			b.Slots[s] = proof.BundleSlot{Blinder: blinder, Bytes: e.AppendSlot(nil, s)}
		}
		r.Entries = append(r.Entries, b)
		r.Leaves = append(r.Leaves, h.LeafOf(b.I, e))
	}
	r.Root = proof.RootOf(r.Leaves)
	j.last[stream] = r
	j.Ranges = append(j.Ranges, r)
	j.Tree.Add(r.Leaf())
	return r
}

// bounds widens the header's bounds by an event.
func (r *Range) bounds(e *event.Event) {
	if r.FirstOrd == 0 {
		r.FirstOrd, r.MinReceived, r.MinTime = e.Place.Ord, e.Received, e.Time
	}
	r.LastOrd, r.MaxReceived, r.MaxTime = e.Place.Ord, e.Received, e.Time
}

// Checkpoint is the signed checkpoint of the first size headers.
func (j *Journal) Checkpoint(t testing.TB, size uint64, signers ...note.Signer) string {
	t.Helper()
	root, err := proof.RootAt(&j.Tree, size)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := proof.SignCheckpoint(proof.Checkpoint{Origin: Origin, Size: size, Root: root}, signers...)
	if err != nil {
		t.Fatal(err)
	}
	return string(msg)
}

// Withhold keeps a slot of an entry back.
func (r *Range) Withhold(i, slot int) { r.hide(i, slot, proof.SlotWithheld, 0) }

// Erase erases a slot of an entry by a tombstone.
func (r *Range) Erase(i, slot int, tombstone uint64) { r.hide(i, slot, proof.SlotErased, tombstone) }

func (r *Range) hide(i, slot int, state proof.SlotState, tombstone uint64) {
	s := &r.Entries[i].Slots[slot]
	c := s.Commitment
	if s.State == proof.SlotOpen {
		c = proof.Commitment(slot, &s.Blinder, s.Bytes)
	}
	*s = proof.BundleSlot{State: state, Commitment: c, Tombstone: tombstone}
}

// Bundle writes ranges, in the order in which they are given, into a bundle.
func (j *Journal) Bundle(t testing.TB, head proof.BundleHead, ranges ...*Range) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := j.Write(&out, head, ranges...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Write writes ranges into a bundle. The paths lead to the head's checkpoint.
func (j *Journal) Write(out io.Writer, head proof.BundleHead, ranges ...*Range) error {
	head.Origin = Origin
	if head.Created.IsZero() {
		head.Created = time.Unix(0, start).Add(2 * time.Hour)
	}
	size := j.Tree.Size()
	if text, _, ok := strings.Cut(head.Checkpoint, "\n\n"); ok {
		if c, err := proof.ParseCheckpoint(text + "\n"); err == nil {
			size = c.Size
		}
	}
	w, err := proof.NewBundleWriter(out, &head)
	if err != nil {
		return err
	}
	for _, r := range ranges {
		if err := j.write(w, r, size); err != nil {
			return err
		}
	}
	return w.Close()
}

func (j *Journal) write(w *proof.BundleWriter, r *Range, size uint64) error {
	path, err := proof.Inclusion(&j.Tree, r.Index, size)
	if err != nil {
		return err
	}
	if err := w.Header(r.Index, r.Append(nil), path); err != nil {
		return err
	}
	if r.Pruned > 0 {
		return w.Pruned(r.Pruned)
	}
	for i := range r.Entries {
		at := uint64(i)
		if !r.lost[i] {
			at = uint64(min(int(r.Entries[i].I), len(r.Leaves)-1)) // tests leave entries out
		}
		path, err := proof.Inclusion(r.Leaves, at, uint64(len(r.Leaves)))
		if err != nil {
			return err
		}
		if r.lost[i] {
			err = w.Lost(uint32(i), path)
		} else {
			e := r.Entries[i]
			e.Path = path
			err = w.Entry(&e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Receipt is the signed receipt of runs of entries, as the first of two in its
// commit. Leaves of ranges are those in the journal.
func (j *Journal) Receipt(t testing.TB, runs ...event.Range) proof.Receipt {
	t.Helper()
	body := proof.ReceiptBody{
		Origin: Origin, Request: sha256.Sum256([]byte("request")), Accepted: 1, Received: start, SealBy: start + int64(time.Hour),
	}
	for _, run := range runs {
		var leaves []proof.Hash
		for _, r := range j.Ranges {
			for i := range r.Leaves {
				if seq := r.First + uint64(i); r.Stream == run.Stream && run.First <= seq && seq <= run.Last {
					leaves = append(leaves, r.Leaves[i])
				}
			}
		}
		body.Streams = append(body.Streams, proof.ReceiptRange{Stream: run.Stream, First: run.First, Last: run.Last, Leaves: proof.LeavesHash(leaves)})
	}
	return SignReceipt(t, body)
}

// SignReceipt signs a receipt as the first of two in its commit.
func SignReceipt(t testing.TB, body proof.ReceiptBody) proof.Receipt {
	t.Helper()
	signer, _ := Key(t, Origin+proof.ReceiptKeySuffix, 1)
	receipts, err := proof.SignReceipts([]proof.ReceiptBody{body, {Origin: Origin}}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return receipts[0]
}
