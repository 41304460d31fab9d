// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func someHeader() proof.Header {
	return proof.Header{
		Origin: journalName, Stream: "365d", Class: "365d", Number: 3, First: 1000, Count: 7, Lost: 1, FirstOrd: 5000, LastOrd: 5010,
		MinReceived: 11, MaxReceived: 12, MinTime: -13, MaxTime: 14, Root: proof.Hash{1}, Previous: proof.Hash{2}, Epoch: 1, Ratchet: 2,
		Dropped: 9, SealedAt: 1_700_000_000_000_000_000,
	}
}

func TestHeadersAreStrict(t *testing.T) {
	t.Parallel()
	h := someHeader()
	r := proof.Cursor{B: h.Append(nil)}
	if diff := cmp.Diff(h, proof.ReadHeader(&r)); diff != "" || !r.Done() {
		t.Error(diff)
	}
	for name, change := range map[string]func(h *proof.Header){
		"no number":        func(h *proof.Header) { h.Number = 0 },
		"no first":         func(h *proof.Header) { h.First = 0 },
		"beyond all":       func(h *proof.Header) { h.First = math.MaxInt64 },
		"no entries":       func(h *proof.Header) { h.Count, h.Lost = 0, 0 },
		"too many entries": func(h *proof.Header) { h.Count = proof.MaxRangeEntries + 1 },
		"more lost":        func(h *proof.Header) { h.Lost = 8 },
		"a key too far":    func(h *proof.Header) { h.Ratchet = h.Number },
		"no stream":        func(h *proof.Header) { h.Stream = "" },
		"a stream's name":  func(h *proof.Header) { h.Stream = "../x" },
		"a long name":      func(h *proof.Header) { h.Stream = strings.Repeat("x", 65) },
	} {
		h := someHeader()
		change(&h)
		r := proof.Cursor{B: h.Append(nil)}
		if got := proof.ReadHeader(&r); r.Done() {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
	raw := h.Append(nil)
	for n := range raw {
		r := proof.Cursor{B: raw[:n]}
		if proof.ReadHeader(&r); r.Done() {
			t.Errorf("%d of %d bytes are a header", n, len(raw))
		}
	}
	for _, at := range []int{0, 11} { // magic, version
		bad := bytes.Clone(raw)
		bad[at] ^= 1
		r := proof.Cursor{B: bad}
		if proof.ReadHeader(&r); r.Done() {
			t.Errorf("byte %d altered: read", at)
		}
	}
}

func FuzzHeader(f *testing.F) {
	h := someHeader()
	f.Add(h.Append(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := proof.Cursor{B: raw}
		h := proof.ReadHeader(&r)
		if r.Done() && !bytes.Equal(h.Append(nil), raw) {
			t.Errorf("%x comes back as %x", raw, h.Append(nil))
		}
	})
}

func FuzzTombstone(f *testing.F) {
	for _, tomb := range []proof.Tombstone{
		{Stream: "90d", Actor: "retention", First: 1, Last: 900, FirstRange: 1, LastRange: 3, Headers: strings.Repeat("0", 64), Policy: "90d"},
		{Erased: true, ID: "01J", Stream: "365d", Actor: "admin", Slots: [2][]proof.SeqRun{{{First: 17, Last: 19}, {First: 40, Last: 40}}, nil}},
	} {
		var e event.Event
		tomb.Event(&e)
		f.Add(e.Category, string(e.AppendSlot(nil, 1)))
	}
	f.Fuzz(func(t *testing.T, category, slot1 string) {
		var e event.Event
		public := event.Event{Category: category}
		if event.Decode(string(public.AppendPublic(nil)), string(public.AppendSlot(nil, 0)), slot1, &e) != nil {
			return
		}
		tomb, ok, err := proof.ParseTombstone(&e)
		if !ok || err != nil {
			return
		}
		var again event.Event
		tomb.Event(&again)
		if got, ok, err := proof.ParseTombstone(&again); !ok || err != nil || !cmp.Equal(tomb, got) {
			t.Errorf("%+v comes back as %+v, %v", tomb, got, err)
		}
	})
}
