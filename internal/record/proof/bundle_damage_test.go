// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/proof/prooftest"
)

type object = map[string]any

// edit changes the n-th line (from 0) of a kind; the head is kind "bundle".
func edit(t testing.TB, raw []byte, kind string, n int, change func(o object)) []byte {
	t.Helper()
	var out bytes.Buffer
	done := false
	for line := range bytes.Lines(raw) {
		if !done && bytes.HasPrefix(line, []byte(`{"`+kind+`":`)) {
			if n--; n < 0 {
				var o object
				if err := json.Unmarshal(line, &o); err != nil {
					t.Fatal(err)
				}
				if inner, ok := o[kind].(object); ok {
					change(inner)
				} else {
					change(o)
				}
				fresh, err := json.Marshal(o, json.Deterministic(true))
				if err != nil {
					t.Fatal(err)
				}
				if rest, ok := bytes.CutPrefix(fresh, []byte("{")); ok && kind == "bundle" { // its kind comes first
					rest = bytes.Replace(rest, []byte(`"bundle":"tocsin-bundle/1",`), nil, 1)
					fresh = append([]byte(`{"bundle":"tocsin-bundle/1",`), rest...)
				}
				line, done = append(fresh, '\n'), true
			}
		}
		out.Write(line)
	}
	if !done {
		t.Fatalf("there is no line %d of kind %s", n, kind)
	}
	return out.Bytes()
}

// flip alters a byte of base64.
func flip(o object, name string, at int) {
	raw, err := base64.StdEncoding.DecodeString(o[name].(string))
	if err != nil {
		panic(err)
	}
	if at < 0 {
		at += len(raw)
	}
	raw[at] ^= 1
	o[name] = base64.StdEncoding.EncodeToString(raw)
}

func slotOf(o object, i int) object { return o["slots"].([]any)[i].(object) }

func pathOf(o object) []any { return o["path"].([]any) }

// damage is a bundle with one damage, and where it must be named.
type damage struct {
	raw    []byte
	stream string // "": about the bundle itself
	seq    uint64
}

// damages are all kinds of damage to the bundle of a scene.
func damages(t testing.TB, raw []byte) map[string]damage {
	t.Helper()
	open := newScene(t) // its first tombstone is read in another bundle
	open.system.Withhold(1, 1)
	sameTombstone := newScene(t)
	sameTombstone.year1.Erase(2, 0, 2)
	otherSlot := newScene(t)
	otherSlot.year2.Erase(1, 0, 2)
	otherKind := newScene(t)
	otherKind.year1.Erase(1, 0, 3)
	noPrune := newScene(t)
	noPrune.month.Pruned = 3
	systemPruned := newScene(t)
	systemPruned.system.Pruned = 3
	return map[string]damage{
		"public byte":              {edit(t, raw, "entry", 3, func(o object) { flip(o, "public", 40) }), "30d", 1},
		"public not strict":        {edit(t, raw, "entry", 3, func(o object) { flip(o, "public", 0) }), "30d", 1},
		"slot byte":                {edit(t, raw, "entry", 3, func(o object) { flip(slotOf(o, 0), "bytes", -1) }), "30d", 1},
		"slot 1 byte":              {edit(t, raw, "entry", 3, func(o object) { flip(slotOf(o, 1), "bytes", -1) }), "30d", 1},
		"slot not strict":          {edit(t, raw, "entry", 3, func(o object) { flip(slotOf(o, 1), "bytes", 4) }), "30d", 1},
		"blinder":                  {edit(t, raw, "entry", 3, func(o object) { flip(slotOf(o, 1), "r", 7) }), "30d", 1},
		"commitment":               {edit(t, raw, "entry", 8, func(o object) { flip(slotOf(o, 0), "c", 7) }), "365d", 4},
		"slots swapped":            {edit(t, raw, "entry", 3, func(o object) { slices.Reverse(o["slots"].([]any)) }), "30d", 1},
		"another number":           {edit(t, raw, "entry", 8, func(o object) { o["i"] = 4 }), "365d", 5},
		"entry path":               {edit(t, raw, "entry", 5, func(o object) { pathOf(o)[0] = pathOf(o)[1] }), "365d", 1},
		"longer entry path":        {edit(t, raw, "entry", 5, func(o object) { o["path"] = append(pathOf(o), pathOf(o)[0]) }), "365d", 1},
		"no entry path":            {edit(t, raw, "entry", 5, func(o object) { delete(o, "path") }), "365d", 1},
		"header byte":              {edit(t, raw, "header", 1, func(o object) { flip(o, "bytes", -1) }), "30d", 1},
		"header's root":            {edit(t, raw, "header", 1, func(o object) { flip(o, "bytes", -32-32-4-8-8-8) }), "30d", 1},
		"header index":             {edit(t, raw, "header", 1, func(o object) { o["index"] = 4 }), "30d", 1},
		"header path":              {edit(t, raw, "header", 5, func(o object) { pathOf(o)[0] = pathOf(o)[1] }), "90d", 4},
		"no header path":           {edit(t, raw, "header", 5, func(o object) { delete(o, "path") }), "90d", 4},
		"lost path":                {edit(t, raw, "lost", 0, func(o object) { pathOf(o)[0] = pathOf(o)[1] }), "30d", 2},
		"lost number":              {edit(t, raw, "lost", 0, func(o object) { o["i"] = 2 }), "30d", 3},
		"lost that is there":       {bytes.Replace(raw, lineOf(t, raw, "entry", 4), lostLike(t, raw, 4), 1), "30d", 3},
		"pruned by another":        {edit(t, raw, "pruned", 1, func(o object) { o["tombstone"] = 2 }), "90d", 4},
		"pruned by nobody":         {edit(t, raw, "pruned", 1, func(o object) { o["tombstone"] = 9 }), "90d", 4},
		"not pruned":               {noPrune.bundle(t), "30d", 1},
		"system pruned":            {systemPruned.bundle(t), "system", 1},
		"erased by nobody":         {edit(t, raw, "entry", 6, func(o object) { slotOf(o, 1)["tombstone"] = 9 }), "365d", 2},
		"erased elsewhere":         {sameTombstone.bundle(t), "365d", 3},
		"another slot":             {otherSlot.bundle(t), "365d", 7},
		"another tombstone":        {otherKind.bundle(t), "365d", 2},
		"tombstone withheld":       {open.bundle(t), "365d", 2},
		"an entry less":            {bytes.Replace(raw, lineOf(t, raw, "entry", 5), nil, 1), "", 0},
		"an entry twice":           {bytes.Replace(raw, lineOf(t, raw, "entry", 5), bytes.Repeat(lineOf(t, raw, "entry", 5), 2), 1), "", 0},
		"entries swapped":          {swap(raw, lineOf(t, raw, "entry", 5), lineOf(t, raw, "entry", 6)), "", 0},
		"headers swapped":          {swap(raw, lineOf(t, raw, "header", 2), lineOf(t, raw, "header", 3)), "", 0},
		"a header twice":           {bytes.Replace(raw, lineOf(t, raw, "header", 5), bytes.Repeat(lineOf(t, raw, "header", 5), 2), 1), "", 0},
		"no header":                {bytes.Replace(raw, lineOf(t, raw, "header", 0), nil, 1), "", 0},
		"of another header":        {edit(t, raw, "entry", 5, func(o object) { o["header"] = 4 }), "", 0},
		"lost elsewhere":           {edit(t, raw, "lost", 0, func(o object) { o["header"] = 4 }), "", 0},
		"pruned elsewhere":         {edit(t, raw, "pruned", 0, func(o object) { o["header"] = 4 }), "", 0},
		"pruned twice":             {bytes.Replace(raw, lineOf(t, raw, "pruned", 0), bytes.Repeat(lineOf(t, raw, "pruned", 0), 2), 1), "", 0},
		"pruned with rows":         {bytes.Replace(raw, lineOf(t, raw, "entry", 3), append(bytes.Clone(lineOf(t, raw, "entry", 3)), `{"pruned":{"header":2,"tombstone":3}}`+"\n"...), 1), "", 0},
		"other counts":             {edit(t, raw, "end", 0, func(o object) { o["lost"] = 2 }), "", 0},
		"a line behind":            {append(bytes.Clone(raw), '\n'), "", 0},
		"two ends":                 {append(bytes.Clone(raw), lineOf(t, raw, "end", 0)...), "", 0},
		"an unknown member":        {edit(t, raw, "entry", 3, func(o object) { o["mac"] = "AAAA" }), "", 0},
		"a seed":                   {edit(t, raw, "header", 3, func(o object) { o["seed"] = base64.StdEncoding.EncodeToString(make([]byte, 32)) }), "", 0},
		"an unknown kind":          {bytes.Replace(raw, []byte(`{"lost":`), []byte(`{"mist":`), 1), "", 0},
		"no kind":                  {bytes.Replace(raw, lineOf(t, raw, "lost", 0), []byte("{}\n"), 1), "", 0},
		"two kinds":                {bytes.Replace(raw, lineOf(t, raw, "end", 0), []byte(`{"pruned":{"header":1,"tombstone":1},"end":{}}`+"\n"), 1), "", 0},
		"a member twice":           {bytes.Replace(raw, []byte(`{"lost":{`), []byte(`{"lost":{"i":1,`), 1), "", 0},
		"open and withheld":        {edit(t, raw, "entry", 3, func(o object) { slotOf(o, 0)["state"] = "withheld" }), "", 0},
		"no state":                 {edit(t, raw, "entry", 8, func(o object) { delete(slotOf(o, 0), "state") }), "", 0},
		"an unknown state":         {edit(t, raw, "entry", 8, func(o object) { slotOf(o, 0)["state"] = "gone" }), "", 0},
		"no tombstone":             {edit(t, raw, "entry", 6, func(o object) { delete(slotOf(o, 0), "tombstone") }), "", 0},
		"withheld by one":          {edit(t, raw, "entry", 8, func(o object) { slotOf(o, 0)["tombstone"] = 2 }), "", 0},
		"three slots":              {edit(t, raw, "entry", 3, func(o object) { o["slots"] = append(o["slots"].([]any), slotOf(o, 0)) }), "", 0},
		"one slot":                 {edit(t, raw, "entry", 3, func(o object) { o["slots"] = o["slots"].([]any)[:1] }), "", 0},
		"a short hash":             {edit(t, raw, "lost", 0, func(o object) { pathOf(o)[0] = "AAAA" }), "", 0},
		"a fraction":               {edit(t, raw, "lost", 0, func(o object) { o["i"] = 1.5 }), "", 0},
		"a header of none":         {edit(t, raw, "header", 3, func(o object) { o["bytes"] = "AAAA" }), "", 0},
		"checkpoint's size":        {edit(t, raw, "bundle", 0, func(o object) { o["checkpoint"] = strings.Replace(o["checkpoint"].(string), "\n6\n", "\n7\n", 1) }), "", 0},
		"no checkpoint":            {edit(t, raw, "bundle", 0, func(o object) { delete(o, "checkpoint") }), "", 0},
		"another origin":           {edit(t, raw, "bundle", 0, func(o object) { o["origin"] = "other.example/x" }), "", 0},
		"no origin":                {edit(t, raw, "bundle", 0, func(o object) { o["origin"] = "" }), "", 0},
		"a statement less":         {edit(t, raw, "bundle", 0, func(o object) { o["statements"] = []any{} }), "", 0},
		"a statement that is none": {edit(t, raw, "bundle", 0, func(o object) { o["statements"] = append(o["statements"].([]any), "x") }), "", 0},
		"claims out of order":      {edit(t, raw, "bundle", 0, func(o object) { slices.Reverse(o["complete"].([]any)) }), "", 0},
		"a claim backwards":        {edit(t, raw, "bundle", 0, func(o object) { o["complete"] = []any{object{"stream": "30d", "first_seq": 3, "last_seq": 2}} }), "", 0},
		"a claim of nothing":       {edit(t, raw, "bundle", 0, func(o object) { o["complete"] = []any{object{"stream": "30d", "first_seq": 0, "last_seq": 2}} }), "", 0},
	}
}

// TestDamagedBundles: each kind of damage is found, and named where it is.
func TestDamagedBundles(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	raw := s.bundle(t)
	for name, c := range damages(t, raw) {
		if bytes.Equal(c.raw, raw) {
			t.Errorf("%s: nothing is damaged", name)
			continue
		}
		r, shown := s.check(t, c.raw, proof.BundleOptions{})
		if r.Status != proof.BundleInvalid || r.Complete == proof.CompleteProven {
			t.Errorf("%s: %s, complete: %s", name, r.Status, r.Complete)
			continue
		}
		if f := r.Failures[0]; f.Stream != c.stream || f.First != c.seq || f.Why == "" {
			t.Errorf("%s: %+v is named, want entry %d of stream %q", name, f, c.seq, c.stream)
		}
		checkShown(t, name, s, shown)
	}
}

// checkShown: whatever is wrong with a bundle, nothing is shown that was not sealed.
func checkShown(t *testing.T, name string, s *scene, shown []string) {
	t.Helper()
	var sealed []string
	for _, r := range s.ranges {
		for i := range r.Entries {
			if len(r.Entries[i].Public) == 0 {
				continue
			}
			for state := range 4 { // whichever slots are open
				var parts [2]string
				for slot := range parts {
					parts[slot] = string((&event.Event{}).AppendSlot(nil, slot))
					if b := r.Entries[i].Slots[slot].Bytes; state>>slot&1 == 0 && b != nil {
						parts[slot] = string(b)
					}
				}
				var e event.Event
				if err := event.Decode(string(r.Entries[i].Public), parts[0], parts[1], &e); err != nil {
					t.Fatal(err)
				}
				sealed = append(sealed, string(e.AppendJSON(nil)))
			}
		}
	}
	for _, line := range shown {
		line = strings.Join(strings.Split(line, " ")[:len(strings.Split(line, " "))-2], " ")
		if !slices.Contains(sealed, line) {
			t.Errorf("%s: shown although it was never sealed: %s", name, line)
		}
	}
}

func lineOf(t testing.TB, raw []byte, kind string, n int) []byte {
	t.Helper()
	for line := range bytes.Lines(raw) {
		if bytes.HasPrefix(line, []byte(`{"`+kind+`":`)) {
			if n--; n < 0 {
				return line
			}
		}
	}
	t.Fatalf("no such line of kind %s", kind)
	return nil
}

// lostLike makes a lost line of an entry's.
func lostLike(t testing.TB, raw []byte, n int) []byte {
	t.Helper()
	var o map[string]object
	if err := json.Unmarshal(lineOf(t, raw, "entry", n), &o); err != nil {
		t.Fatal(err)
	}
	delete(o["entry"], "public")
	delete(o["entry"], "slots")
	line, err := json.Marshal(object{"lost": o["entry"]}, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return append(line, '\n')
}

func swap(raw, a, b []byte) []byte {
	mark := []byte("\x00")
	raw = bytes.Replace(raw, a, mark, 1)
	raw = bytes.Replace(raw, b, a, 1)
	return bytes.Replace(raw, mark, b, 1)
}

// TestHeadersMustFollow: ranges that do not continue each other are named although
// the log has both.
func TestHeadersMustFollow(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h *proof.Header){
		"another one before": func(h *proof.Header) { h.Previous = proof.Hash{1} },
		"entries between":    func(h *proof.Header) { h.First++ },
		"first with one":     func(h *proof.Header) { h.Number, h.Ratchet = 1, 0 },
	} {
		var j prooftest.Journal
		a := j.Seal(t, "30d", prooftest.Event(1), prooftest.Event(2))
		b := j.Seal(t, "365d", prooftest.Event(3))
		c := j.Seal(t, "30d", prooftest.Event(4))
		change(&c.Header)
		var fresh proof.Levels
		for _, r := range []*prooftest.Range{a, b, c} {
			fresh.Add(r.Leaf())
		}
		j.Tree = fresh
		signer, key := prooftest.Key(t, prooftest.Origin, 1)
		ranges := []*prooftest.Range{a, c}
		if c.Number == 1 {
			ranges = []*prooftest.Range{c}
		}
		raw := j.Bundle(t, proof.BundleHead{Checkpoint: j.Checkpoint(t, 3, signer)}, ranges...)
		r, err := proof.CheckBundle(bytes.NewReader(raw), []string{key}, proof.BundleOptions{})
		if err != nil || r.Status != proof.BundleInvalid || r.Failures[0].Verdict != "REORDERED" || r.Failures[0].First != c.First {
			t.Errorf("%s: %s %+v, %v", name, r.Status, r.Failures, err)
		}
	}
}

// TestEntriesOutsideOfTheirRange: an operator who seals entries that contradict
// their header, or each other, is found although every hash is right.
func TestEntriesOutsideOfTheirRange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(e *event.Event, h *proof.Header)
	}{
		"control":        {func(*event.Event, *proof.Header) {}},
		"another origin": {func(e *event.Event, _ *proof.Header) { e.Place.Origin = "other.example/x" }},
		"another stream": {func(e *event.Event, _ *proof.Header) { e.Place.Stream = "365d" }},
		"another seq":    {func(e *event.Event, _ *proof.Header) { e.Place.Seq++ }},
		"the same ord":   {func(e *event.Event, _ *proof.Header) { e.Place.Ord-- }},
		"a later ord":    {func(e *event.Event, _ *proof.Header) { e.Place.Ord += 10 }},
		"received later": {func(e *event.Event, _ *proof.Header) { e.Received += 1e12 }},
		"received early": {func(e *event.Event, _ *proof.Header) { e.Received -= 1e12 }},
		"later":          {func(e *event.Event, _ *proof.Header) { e.Time += 1e12 }},
		"earlier":        {func(e *event.Event, _ *proof.Header) { e.Time -= 1e12 }},
		"header's ord":   {func(_ *event.Event, h *proof.Header) { h.FirstOrd += 2 }},
	} {
		var j prooftest.Journal
		r := j.Seal(t, "30d", prooftest.Event(1), prooftest.Event(2), prooftest.Event(3))
		var e event.Event
		b := &r.Entries[1]
		if err := event.Decode(string(b.Public), string(b.Slots[0].Bytes), string(b.Slots[1].Bytes), &e); err != nil {
			t.Fatal(err)
		}
		c.change(&e, &r.Header)
		b.Public = e.AppendPublic(nil)
		var h proof.Hasher
		h.Blind.Reset(&r.Seed)
		r.Leaves[1] = h.LeafOf(1, &e)
		r.Root = proof.RootOf(r.Leaves)
		j.Tree = proof.Levels{}
		j.Tree.Add(r.Leaf())
		signer, key := prooftest.Key(t, prooftest.Origin, 1)
		raw := j.Bundle(t, proof.BundleHead{Checkpoint: j.Checkpoint(t, 1, signer)}, r)
		got, err := proof.CheckBundle(bytes.NewReader(raw), []string{key}, proof.BundleOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if want := name == "control"; got.OK() != want || !want && got.Failures[0].Verdict != "REORDERED" {
			t.Errorf("%s: %s %+v", name, got.Status, got.Failures)
		}
	}
}

// TestTombstoneOfOtherHeaders: a tombstone that names a range by number, but other
// headers than those of the log, excuses nothing.
func TestTombstoneOfOtherHeaders(t *testing.T) {
	t.Parallel()
	var j prooftest.Journal
	a := j.Seal(t, "90d", prooftest.Event(1))
	var e event.Event
	tomb := proof.Tombstone{Stream: "90d", Actor: "x", First: 1, Last: 1, FirstRange: 1, LastRange: 1, Headers: strings.Repeat("0", 64)}
	tomb.Event(&e)
	s := j.Seal(t, proof.SystemStream, &e)
	a.Pruned = 1
	signer, key := prooftest.Key(t, prooftest.Origin, 1)
	raw := j.Bundle(t, proof.BundleHead{Checkpoint: j.Checkpoint(t, 2, signer)}, s, a)
	r, err := proof.CheckBundle(bytes.NewReader(raw), []string{key}, proof.BundleOptions{})
	if err != nil || r.OK() || r.Failures[0].Stream != "90d" {
		t.Errorf("%s %+v, %v", r.Status, r.Failures, err)
	}
}
