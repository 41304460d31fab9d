// SPDX-License-Identifier: Apache-2.0

// Package eventtest makes events for the tests of every room that must carry
// them unchanged: Random covers each field, each kind of value and each state
// (absent, empty, null) that an event can be in.
package eventtest

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Random returns a valid event that depends on r alone. About one in four is an
// ordinary one; the others have odd states somewhere.
func Random(r *rand.Rand) *event.Event {
	e := &event.Event{
		Time:     r.Int64N(1 << 61),
		Received: r.Int64N(1 << 61),
		Source:   pick(r, "authentication", "access", "application", "llm", "shop"),
		Severity: event.Severity(r.IntN(5)),
		Outcome:  event.Outcome(r.IntN(4)),
		Place: event.Place{
			Origin: "test.example/0011aabb", Stream: pick(r, "30d", "90d", "366d"),
			Seq: 1 + r.Uint64N(1<<40), Ord: 1 + r.Uint64N(1<<40),
		},
	}
	for i := range e.ID {
		e.ID[i] = byte(r.UintN(256))
	}
	odd := r.IntN(4) != 0
	for f := event.FieldCategory; f <= event.FieldSender; f++ {
		switch n := r.IntN(8); {
		case n < 5:
			e.SetCore(f, text(r, odd))
		case n == 5 && odd:
			e.SetCore(f, "")
		case n == 6 && odd:
			e.SetNull(f)
		}
	}
	if r.IntN(2) == 0 {
		e.Tags = make([]string, r.IntN(4))
		for i := range e.Tags {
			e.Tags[i] = text(r, odd)
		}
	}
	e.Compliance = event.Compliance{
		GDPR: event.Flag(r.IntN(3)), PCI: event.Flag(r.IntN(3)), HIPAA: event.Flag(r.IntN(3)),
		RetentionDays: r.Int32N(3000),
	}
	if r.IntN(3) == 0 {
		e.Geo = event.Geo{Country: "RO", Lat: "44.4268", Lon: "26.1025", AS: strconv.Itoa(r.IntN(1 << 16))}
	}
	addAttrs(r, e, odd)
	if odd && r.IntN(4) == 0 {
		e.Raw = "raw \xff\xfe bytes " + text(r, true)
	}
	for range r.IntN(3) * r.IntN(2) {
		e.Marks = append(e.Marks, event.Mark{
			Kind: pick(r, event.MarkTruncated, event.MarkRedacted, event.MarkLate), Field: text(r, odd),
			Length: r.Int64N(1 << 40), Hash: strings.Repeat("ab", 32), Detail: text(r, odd),
		})
	}
	return e
}

func addAttrs(r *rand.Rand, e *event.Event, odd bool) {
	for range r.IntN(8) {
		e.Attrs = append(e.Attrs, event.Attr{
			Key:   pick(r, "pid", "port", "http.status", "a", "z.z.z", "method", "repeat") + pick(r, "", "", "_x", ".ț"),
			Value: value(r, odd, 0),
		})
	}
	slices.SortFunc(e.Attrs, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
	e.Attrs = slices.CompactFunc(e.Attrs, func(a, b event.Attr) bool { return a.Key == b.Key })
	if len(e.Attrs) == 0 {
		e.Attrs = nil
	}
}

func value(r *rand.Rand, odd bool, depth int) event.Value {
	n := 8
	if depth > 3 {
		n = 6
	}
	switch r.IntN(n) {
	case 0:
		return event.Null()
	case 1:
		return event.Bool(r.IntN(2) == 0)
	case 2:
		return event.Int(r.Int64() - r.Int64())
	case 3:
		return event.Number(pick(r, "0", "-0", "1e400", "0.1", "123456789012345678901234567890", "1.50"))
	case 4, 5:
		return event.Text(text(r, odd))
	default:
		vs := make([]event.Value, r.IntN(4))
		for i := range vs {
			vs[i] = value(r, odd, depth+1)
		}
		return event.List(vs...)
	}
}

func text(r *rand.Rand, odd bool) string {
	words := []string{"login", "failed", "for", "root", "from", "198.51.100.7", "port", "22", "ș", "ana@example.com"}
	if odd {
		words = append(words, "\x00", "\x1b[31m", "\u202e", "\n", `"`, "<script>", "\ufffd", strings.Repeat("x", 300))
	}
	var b strings.Builder
	for i := range 1 + r.IntN(6) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(pick(r, words...))
	}
	return b.String()
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }
