// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestSlotsFollowCanonical holds the reader's names and those of search together.
func TestSlotsFollowCanonical(t *testing.T) {
	t.Parallel()
	names := strings.Fields(`time timestamp @timestamp ts origin_id eventId event_id log_id source category eventType
		event_type action outcome severity message user userId user_id user.name username ip ipAddress ip_address
		source.ip src_ip client_ip remote_addr session sessionId session_id user_agent userAgent user_agent.original
		host service tags raw geo.country geo.lat geo.lon as.number compliance.gdpr_relevant compliance.gdprRelevant
		compliance.pci_scope compliance.pciScope compliance.hipaa_protected compliance.hipaaProtected
		compliance.retention_days compliance.retentionDays`)
	byField := map[string]slot{}
	for _, name := range names {
		canonical, ok := event.Canonical(name)
		if !ok {
			t.Errorf("%s is no name of event.Canonical", name)
			continue
		}
		s, rank := slotOf(name)
		if s == slotNone {
			t.Errorf("%s has no slot", name)
		}
		if (rank == rankOwn) != (name == canonical) {
			t.Errorf("%s: rank %d, but its field is %s", name, rank, canonical)
		}
		if known, twice := byField[canonical]; twice && known != s {
			t.Errorf("%s: slot %d, but %s has slot %d", name, s, canonical, known)
		}
		byField[canonical] = s
		if f := event.CoreField(canonical); f != event.FieldIP && f != s.field() {
			t.Errorf("%s: field %v, want %v", name, s.field(), f)
		}
	}
	for _, name := range []string{"", "user.", "received", "created_at", "input", "sender", "stream", "seq", "origin", "erased", "severity_number", "compliance.x"} {
		if s, _ := slotOf(name); s != slotNone {
			t.Errorf("%q has slot %d, want none", name, s)
		}
	}
}

// TestDocumentedNames: docs/fields.md promises no name that the reader does not take.
func TestDocumentedNames(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/fields.md")
	if err != nil {
		t.Fatal(err)
	}
	name, seen := regexp.MustCompile("`([a-zA-Z@_.]+)`"), 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 8 || !strings.HasPrefix(line, "| `") {
			continue
		}
		var field string
		for i, m := range append(name.FindAllStringSubmatch(cells[1], 1), name.FindAllStringSubmatch(cells[2], -1)...) {
			canonical, ok := event.Canonical(m[1])
			if i == 0 {
				field = canonical
			}
			if m[1] == "marks" || m[1] == "erased" || m[1] == "origin" || m[1] == "id" && field == "origin_id" {
				continue // no fields for search, the second and third in answers alone; on input alone
			}
			if seen++; !ok || canonical != field {
				t.Errorf("%s is a name of %q, want %q", m[1], canonical, field)
			}
		}
	}
	if seen < 50 {
		t.Errorf("found %d names", seen)
	}
}

// oracle reports whether the record is what normalizeJSON may accept: one object
// by jsontext, which refuses duplicate names and invalid UTF-8, within our limits.
// sure is false where the two differ on purpose.
func oracle(raw []byte) (ok, sure bool) {
	v := jsontext.Value(raw)
	if !v.IsValid(jsontext.AllowInvalidUTF8(false)) {
		// Half a surrogate pair is what we take and jsontext does not.
		return false, !bytes.Contains(bytes.ToLower(raw), []byte(`\ud`))
	}
	return true, v.Kind() == '{'
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		benchJSON, `{}`, `{"a":[1,{"b":[]}],"user":{"name":"x"},"details":{"a":{"b":null}}}`,
		`{"time":1e9,"level":"warn","ip":"::1","tags":["a"]}`, `{"a":"\ud83d\ude00\n\u0000"}`, `{"a":-0.5e+3}`,
		`{"a":"é","b":"\xff"}`, `{"a":1,"a":2}`, `[]`, `{"":1}`, `{"source":"frontend","severity":"x"}`,
		strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		events, err := normalizeJSON(raw, &Hint{Received: benchReceived}, nil)
		if !bytes.Equal(before, raw) {
			t.Fatal("the record was written to")
		}
		valid, sure := oracle(raw)
		if err != nil {
			if len(events) != 0 {
				t.Fatal("an event with an error")
			}
			if errors.Is(err, ErrJSON) && valid && sure && !strings.Contains(err.Error(), "number of") {
				t.Fatalf("refused valid JSON: %v\n%q", err, raw)
			}
			return
		}
		if !valid && sure {
			t.Fatalf("took invalid JSON: %q", raw)
		}
		mustValidate(t, events)
		if valid {
			mustHoldAll(t, events[0], raw)
		}
	})
}

func mustValidate(t *testing.T, events []*event.Event) {
	t.Helper()
	if len(events) == 0 {
		t.Fatal("no event")
	}
	for _, e := range events {
		c := *e
		c.Attrs = append([]event.Attr(nil), e.Attrs...)
		c.Tags = append([]string(nil), e.Tags...)
		c.CutLong()
		if c.Received = benchReceived; c.Time == 0 {
			c.Time = c.Received
		}
		if err := c.Validate(); err != nil && c.Size() <= event.MaxEventBytes {
			t.Fatalf("%v\n%s", err, e.AppendJSON(nil))
		}
	}
}

// mustHoldAll fails unless every text and number of the record is somewhere in
// the event.
func mustHoldAll(t *testing.T, e *event.Event, raw []byte) {
	t.Helper()
	have := map[string]bool{}
	for f := event.FieldSource; f <= event.FieldSender; f++ {
		have[e.Core(f).Text] = true
	}
	for _, a := range e.Attrs {
		have[a.Value.Text] = true
		for _, m := range a.Value.List {
			have[m.Text] = true
		}
	}
	for _, tag := range e.Tags {
		have[tag] = true
	}
	have[e.Raw], have[e.Geo.Country], have[e.Geo.Lat], have[e.Geo.Lon], have[e.Geo.AS] = true, true, true, true, true
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var m map[string]any
	if err := dec.Decode(&m); err != nil {
		return // jsontext is stricter than our oracle here, and has said yes
	}
	for key, v := range m {
		if s, _ := slotOf(key); s == slotTime || s == slotSeverity || s == slotLevel || s == slotOutcome || s == slotIP || s == slotRetention {
			continue // read, not copied
		}
		text := ""
		switch v := v.(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		default:
			continue
		}
		if !have[text] && utf8.ValidString(text) {
			t.Fatalf("lost %s = %q of %q\n%s", key, text, raw, e.AppendJSON(nil))
		}
	}
}

// TestKeysets: names are told apart and found twice in small and large objects.
func TestKeysets(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, manyKeys, manyKeys + 1, 3000} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":{"x":%d},`, i, i)
		}
		members := b.String()
		if _, err := normalizeJSON([]byte(`{`+members+`"end":1}`), &Hint{}, nil); err != nil {
			t.Errorf("%d names: %v", n, err)
		}
		_, err := normalizeJSON(fmt.Appendf(nil, `{%s"k%d":1}`, members, n/2), &Hint{}, nil)
		if err == nil || !strings.Contains(err.Error(), "twice in one object") {
			t.Errorf("%d names and one twice: %v", n, err)
		}
	}
}

// TestBatchesShareNothing: events of one batch keep their own attributes.
func TestBatchesShareNothing(t *testing.T) {
	t.Parallel()
	h := &Hint{}
	var events []*event.Event
	for i := range 1000 {
		var err error
		events, err = normalizeJSON(fmt.Appendf(nil, `{"user":"u%d","n":%d,"a":{"b":{"c":"v%d"}}}`, i, i, i), h, events)
		if err != nil {
			t.Fatal(err)
		}
		if i%7 == 0 { // refused ones leave no trace
			if _, err := normalizeJSON([]byte(`{"user":"bad","z":1,`), h, events); err == nil {
				t.Fatal("took broken JSON")
			}
		}
	}
	for i, e := range events {
		e.SetAttr("zz", event.Int(int64(i))) // must not reach into a neighbour
	}
	for i, e := range events {
		got := string(e.AppendJSON(nil))
		want := fmt.Sprintf(`"user":"u%d","attrs":{"a.b.c":"v%d","n":%d,"zz":%d}}`, i, i, i, i)
		if !strings.HasSuffix(got, want) {
			t.Fatalf("event %d is %s, want …%s", i, got, want)
		}
	}
}
