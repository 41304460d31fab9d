// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/proof/prooftest"
)

// scene is a journal in which something of everything happened.
type scene struct {
	prooftest.Journal
	system, month, year1, year2, pruned1, pruned2 *prooftest.Range

	key    string // the trusted one; the second key signs
	head   proof.BundleHead
	ranges []*prooftest.Range // in a bundle's order
}

func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{}
	events := func(from, n int) (list []*event.Event) {
		for i := range n {
			list = append(list, prooftest.Event(from+i))
		}
		return list
	}
	s.pruned1 = s.Seal(t, "90d", events(0, 3)...)
	s.year1 = s.Seal(t, "365d", events(10, 5)...)
	s.month = s.Seal(t, "30d", prooftest.Event(20), nil, prooftest.Event(21))
	s.pruned2 = s.Seal(t, "90d", events(30, 2)...)
	s.year2 = s.Seal(t, "365d", events(40, 4)...)
	s.system = s.Seal(t, proof.SystemStream, s.tombstones()...)
	s.pruned1.Pruned, s.pruned2.Pruned = 3, 3
	s.year1.Erase(1, 0, 2)
	s.year1.Erase(1, 1, 2)
	s.year2.Erase(1, 1, 2)
	s.year1.Withhold(3, 0)
	s.year2.Withhold(2, 1)
	signer, _ := prooftest.Key(t, prooftest.Origin, 2)
	_, s.key = prooftest.Key(t, prooftest.Origin, 1)
	s.head = proof.BundleHead{
		Checkpoint: s.Checkpoint(t, s.Tree.Size(), signer, prooftest.Witness(t, "witness.example/w")),
		Statements: []string{prooftest.Succession(t, proof.PurposeCheckpoint, 1)},
		Complete:   []event.Range{{Stream: "system", First: 1, Last: 3}, {Stream: "30d", First: 1, Last: 3}, {Stream: "365d", First: 2, Last: 9}, {Stream: "90d", First: 1, Last: 5}},
	}
	s.ranges = []*prooftest.Range{s.system, s.month, s.year1, s.year2, s.pruned1, s.pruned2}
	return s
}

// tombstones are the entries of the system stream: number 2 erases, 3 prunes.
func (s *scene) tombstones() []*event.Event {
	leaves := []proof.Hash{s.pruned1.Leaf(), s.pruned2.Leaf()}
	sum := proof.LeavesHash(leaves)
	erased := proof.Tombstone{Erased: true, ID: "01J0000000000000000000000E", Stream: "365d", Actor: "admin", Slots: [2][]proof.SeqRun{{{First: 2, Last: 2}}, {{First: 2, Last: 2}, {First: 7, Last: 7}}}}
	pruned := proof.Tombstone{Stream: "90d", Actor: "retention", First: 1, Last: 5, FirstRange: 1, LastRange: 2, Headers: hex.EncodeToString(sum[:]), Policy: "90d"}
	list := []*event.Event{{Source: "security_audit", Category: "journal_policy"}, {Source: "security_audit"}, {Source: "security_audit"}}
	erased.Event(list[1])
	pruned.Event(list[2])
	return list
}

func (s *scene) bundle(t testing.TB) []byte { return s.Bundle(t, s.head, s.ranges...) }

// check checks a bundle with the scene's key; what is shown is returned as JSON.
func (s *scene) check(t testing.TB, raw []byte, o proof.BundleOptions) (proof.BundleReport, []string) {
	t.Helper()
	var shown []string
	o.Show = func(e *event.Event, slots [event.Slots]proof.SlotState) error {
		line := e.AppendJSON(nil)
		shown = append(shown, string(line)+" "+slots[0].String()+" "+slots[1].String())
		return nil
	}
	r, err := proof.CheckBundle(bytes.NewReader(raw), []string{s.key}, o)
	if err != nil {
		t.Fatal(err)
	}
	return r, shown
}

func TestBundle(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	raw := s.bundle(t)
	got, shown := s.check(t, raw, proof.BundleOptions{})
	root, err := proof.RootAt(&s.Tree, 6)
	if err != nil {
		t.Fatal(err)
	}
	_, second := prooftest.Key(t, prooftest.Origin, 2)
	want := proof.BundleReport{
		Status: proof.BundleValid, Origin: prooftest.Origin, Created: time.Date(2025, 10, 9, 10, 53, 20, 0, time.UTC),
		Size: 6, Root: base64.StdEncoding.EncodeToString(root[:]), Signers: []string{strings.Join(strings.SplitN(second, "+", 3)[:2], "+")},
		BundleCounts: proof.BundleCounts{Headers: 6, Entries: 14, Lost: 1, Pruned: 2},
		Open:         10, Withheld: 2, Erased: 2,
		Complete: proof.CompleteProven,
		Notices: []proof.BundleFinding{
			{Stream: "30d", First: 2, Last: 2, Verdict: "MISSING", Why: "it was lost before its range was sealed"},
			{Stream: "90d", First: 1, Last: 5, Verdict: "PRUNED", Why: "by entry 3 of stream system"},
		},
	}
	for _, c := range s.head.Complete {
		want.Claims = append(want.Claims, proof.BundleClaim{Range: c, Proven: true})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.OK() || len(shown) != 14 {
		t.Errorf("OK is %v, %d entries are shown", got.OK(), len(shown))
	}
	for _, r := range s.ranges {
		for _, form := range []string{base64.StdEncoding.EncodeToString(r.Seed[:]), hex.EncodeToString(r.Seed[:])} {
			if bytes.Contains(raw, []byte(form)) {
				t.Errorf("the seed of range %d of stream %s is in the bundle", r.Number, r.Stream)
			}
		}
	}
}

// TestShownIsCanonical: what is shown is read from the canonical bytes, and has
// nothing of a slot that is not open.
func TestShownIsCanonical(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, shown := s.check(t, s.bundle(t), proof.BundleOptions{})
	find := func(stream, seq string) string {
		for _, line := range shown {
			if strings.Contains(line, `"stream":"`+stream+`","seq":`+seq+`,`) {
				return line
			}
		}
		t.Errorf("entry %s of stream %s is not shown", seq, stream)
		return ""
	}
	for _, c := range []struct{ stream, seq, has, hasNot string }{
		{"365d", "1", `"user":"user3"`, "withheld"},
		{"365d", "2", "erased erased", "user"},
		{"365d", "4", "withheld open", `"user"`},
		{"365d", "4", "login 13 refused", "203.0"},
		{"365d", "7", "203.0.113.41", "refused"},
		{"365d", "8", "open withheld", "refused"},
		{"system", "3", "journal_pruned", "erased"},
	} {
		line := find(c.stream, c.seq)
		if !strings.Contains(line, c.has) || strings.Contains(line, c.hasNot) {
			t.Errorf("entry %s of stream %s is shown as %s", c.seq, c.stream, line)
		}
	}
}

func TestBundleKeysAndWitnesses(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	raw := s.bundle(t)
	_, second := prooftest.Key(t, prooftest.Origin, 2)
	_, third := prooftest.Key(t, prooftest.Origin, 3)
	_, other := prooftest.Key(t, "other.example/x", 1)
	for name, c := range map[string]struct {
		keys []string
		ok   bool
	}{
		"the first key": {[]string{s.key}, true}, "the signer's own": {[]string{second}, true}, "two keys": {[]string{other, s.key}, true},
		"a later key": {[]string{third}, false}, "another log's": {[]string{other}, false}, "none": {nil, false},
	} {
		r, err := proof.CheckBundle(bytes.NewReader(raw), c.keys, proof.BundleOptions{})
		if err != nil || r.OK() != c.ok {
			t.Errorf("%s: %s, %v", name, r.Status, err)
		}
	}
	witness, err := proof.NewVerifier(prooftest.Witness(t, "witness.example/w").VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	r, _ := s.check(t, raw, proof.BundleOptions{Witnesses: []note.Verifier{witness}})
	want := []proof.BundleWitness{{Name: "witness.example/w", Time: time.Date(2025, 10, 9, 9, 53, 20, 0, time.UTC)}}
	if diff := cmp.Diff(want, r.Witnesses); r.Status != proof.BundleWitnessed || diff != "" {
		t.Errorf("%s %s", r.Status, diff)
	}
	// A witness that is called like the log does not speak for it.
	usurper := prooftest.Witness(t, prooftest.Origin)
	own, _ := prooftest.Key(t, prooftest.Origin, 9)
	s.head.Checkpoint = s.Checkpoint(t, s.Tree.Size(), own, usurper)
	if witness, err = proof.NewVerifier(usurper.VerifierKey()); err != nil {
		t.Fatal(err)
	}
	if r, _ := s.check(t, s.bundle(t), proof.BundleOptions{Witnesses: []note.Verifier{witness}}); r.OK() {
		t.Error("a witness alone speaks for the log")
	}
	if _, err := proof.CheckBundle(bytes.NewReader(raw), []string{"x"}, proof.BundleOptions{}); err == nil {
		t.Error("checked with a key that is none")
	}
}

func TestNoBundle(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, raw := range []string{"", "\n", "hello", "{}", `{"bundle":"tocsin-bundle/2","origin":"x"}`, ` {"bundle":"tocsin-bundle/1",`, `[{"bundle":"tocsin-bundle/1",`} {
		if _, err := proof.CheckBundle(strings.NewReader(raw), []string{s.key}, proof.BundleOptions{}); !errors.Is(err, proof.ErrNoBundle) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	raw := s.bundle(t)
	broken := errors.New("the disk is on fire")
	for _, at := range []int{0, 10, 1000, len(raw) / 2, len(raw)} {
		in := io.MultiReader(bytes.NewReader(raw[:at]), iotest.ErrReader(broken))
		if _, err := proof.CheckBundle(in, []string{s.key}, proof.BundleOptions{}); !errors.Is(err, broken) {
			t.Errorf("the file ends in an error at %d: %v", at, err)
		}
	}
	o := proof.BundleOptions{Show: func(*event.Event, [event.Slots]proof.SlotState) error { return broken }}
	if _, err := proof.CheckBundle(bytes.NewReader(raw), []string{s.key}, o); !errors.Is(err, broken) {
		t.Errorf("nobody can see it: %v", err)
	}
}

// endless is a line without an end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.read += len(p)
	return len(p), nil
}

func TestBundleLinesAreBounded(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	raw := s.bundle(t)
	head := raw[:bytes.IndexByte(raw, '\n')+1]
	rest := &endless{}
	r, err := proof.CheckBundle(io.MultiReader(bytes.NewReader(head), rest), []string{s.key}, proof.BundleOptions{})
	if err != nil || r.OK() || rest.read > 10<<20 {
		t.Errorf("%s, %v after %d bytes of one line", r.Status, err, rest.read)
	}
}

func TestBundleCompleteness(t *testing.T) {
	t.Parallel()
	claim := func(stream string, first, last uint64) event.Range {
		return event.Range{Stream: stream, First: first, Last: last}
	}
	for name, c := range map[string]struct {
		query    string
		claims   []event.Range
		change   func(*scene)
		complete string
		missing  []proof.SeqRun
	}{
		"nothing claimed":           {complete: proof.CompleteNotClaimed},
		"a whole range":             {claims: []event.Range{claim("365d", 1, 5)}, complete: proof.CompleteProven},
		"a part of one":             {claims: []event.Range{claim("365d", 2, 3)}, complete: proof.CompleteProven},
		"two parts":                 {claims: []event.Range{claim("365d", 2, 3), claim("365d", 5, 7)}, complete: proof.CompleteProven},
		"over the end":              {claims: []event.Range{claim("365d", 5, 10)}, complete: proof.CompleteNotProven, missing: []proof.SeqRun{{First: 10, Last: 10}}},
		"far over the end":          {claims: []event.Range{claim("365d", 5, 1<<64-1)}, complete: proof.CompleteNotProven, missing: []proof.SeqRun{{First: 10, Last: 1<<64 - 1}}},
		"a stream that is not here": {claims: []event.Range{claim("180d", 5, 6)}, complete: proof.CompleteNotProven, missing: []proof.SeqRun{{First: 5, Last: 6}}},
		"a range left out": {
			claims: []event.Range{claim("365d", 1, 9)}, complete: proof.CompleteNotProven, missing: []proof.SeqRun{{First: 1, Last: 5}},
			change: func(s *scene) { s.ranges = []*prooftest.Range{s.system, s.year2} },
		},
		"entries left out": {
			claims: []event.Range{claim("365d", 1, 9)}, complete: proof.CompleteNotProven, missing: []proof.SeqRun{{First: 4, Last: 5}},
			change: func(s *scene) { s.year1.Entries = s.year1.Entries[:3] },
		},
		"a query, all can be read":      {query: "user:x", claims: []event.Range{claim("365d", 5, 6)}, complete: proof.CompleteProven},
		"a query, one is withheld":      {query: "user:x", claims: []event.Range{claim("365d", 3, 5)}, complete: proof.CompleteNotProven},
		"a query, one is erased":        {query: "user:x", claims: []event.Range{claim("365d", 1, 2)}, complete: proof.CompleteNotProven},
		"a query, one is lost":          {query: "user:x", claims: []event.Range{claim("30d", 1, 3)}, complete: proof.CompleteNotProven},
		"a query, all are pruned":       {query: "user:x", claims: []event.Range{claim("90d", 1, 5)}, complete: proof.CompleteNotProven},
		"a query, the withheld outside": {query: "user:x", claims: []event.Range{claim("365d", 9, 9)}, complete: proof.CompleteProven},
	} {
		s := newScene(t)
		s.head.Query, s.head.Complete = c.query, c.claims
		if c.change != nil {
			c.change(s)
		}
		r, _ := s.check(t, s.bundle(t), proof.BundleOptions{})
		if r.Complete != c.complete || (r.Complete == proof.CompleteNotProven) != (r.Why != "") {
			t.Errorf("%s: complete is %q, %q", name, r.Complete, r.Why)
		}
		var missing []proof.SeqRun
		for _, f := range r.Failures {
			missing = append(missing, proof.SeqRun{First: f.First, Last: f.Last})
		}
		if diff := cmp.Diff(c.missing, missing); diff != "" || r.OK() != (c.missing == nil) {
			t.Errorf("%s: %s %s", name, r.Status, diff)
		}
	}
}

// TestOlderCheckpoint: a reader who holds a checkpoint learns whether the log
// continues it.
func TestOlderCheckpoint(t *testing.T) {
	t.Parallel()
	older := func(s *scene, size uint64) *proof.Checkpoint {
		root, err := proof.RootAt(&s.Tree, size)
		if err != nil {
			t.Fatal(err)
		}
		return &proof.Checkpoint{Origin: prooftest.Origin, Size: size, Root: root}
	}
	proven := func(s *scene, size uint64) *proof.BundleConsistency {
		path, err := proof.Consistency(&s.Tree, size, 6)
		if err != nil {
			t.Fatal(err)
		}
		return &proof.BundleConsistency{Size: size, Root: older(s, size).Root, Path: path}
	}
	for name, c := range map[string]struct {
		change        func(s *scene) *proof.Checkpoint
		status, older string
	}{
		"none":         {func(*scene) *proof.Checkpoint { return nil }, proof.BundleValid, ""},
		"the same":     {func(s *scene) *proof.Checkpoint { return older(s, 6) }, proof.BundleValid, proof.CompleteProven},
		"nothing":      {func(s *scene) *proof.Checkpoint { return older(s, 0) }, proof.BundleValid, proof.CompleteProven},
		"not proven":   {func(s *scene) *proof.Checkpoint { return older(s, 4) }, proof.BundleValid, proof.CompleteNotProven},
		"a later one":  {func(*scene) *proof.Checkpoint { return &proof.Checkpoint{Origin: prooftest.Origin, Size: 9} }, proof.BundleValid, proof.CompleteNotProven},
		"another size": {func(s *scene) *proof.Checkpoint { s.head.Consistency = proven(s, 3); return older(s, 4) }, proof.BundleValid, proof.CompleteNotProven},
		"proven":       {func(s *scene) *proof.Checkpoint { s.head.Consistency = proven(s, 4); return older(s, 4) }, proof.BundleValid, proof.CompleteProven},
		"another root": {func(s *scene) *proof.Checkpoint {
			s.head.Consistency = proven(s, 4)
			return &proof.Checkpoint{Origin: prooftest.Origin, Size: 4, Root: proof.Hash{1}}
		}, proof.BundleDiverged, proof.CompleteNotProven},
		"two roots": {func(*scene) *proof.Checkpoint {
			return &proof.Checkpoint{Origin: prooftest.Origin, Size: 6, Root: proof.Hash{1}}
		}, proof.BundleDiverged, proof.CompleteNotProven},
		"a wrong path": {func(s *scene) *proof.Checkpoint {
			s.head.Consistency = proven(s, 4)
			s.head.Consistency.Path = s.head.Consistency.Path[1:]
			return older(s, 4)
		}, proof.BundleInvalid, ""},
		"a wrong path for nobody": {func(s *scene) *proof.Checkpoint {
			s.head.Consistency = proven(s, 4)
			s.head.Consistency.Root[0] ^= 1
			return nil
		}, proof.BundleInvalid, ""},
	} {
		s := newScene(t)
		o := proof.BundleOptions{Older: c.change(s)}
		if r, _ := s.check(t, s.bundle(t), o); r.Status != c.status || r.Older != c.older {
			t.Errorf("%s: %s, %q: %+v", name, r.Status, r.Older, r.Failures)
		}
	}
	s := newScene(t)
	o := proof.BundleOptions{Older: &proof.Checkpoint{Origin: "other.example/x", Size: 6}}
	if r, err := proof.CheckBundle(bytes.NewReader(s.bundle(t)), []string{s.key}, o); err == nil {
		t.Errorf("a checkpoint of another log is compared: %s", r.Status)
	}
}
