// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// slot writes a slot of fields, each as its name and the bytes behind it.
func slot(fields ...string) string {
	b := binary.BigEndian.AppendUint32([]byte{event.EncodingVersion}, uint32(len(fields)/2))
	for i := 0; i < len(fields); i += 2 {
		b = binary.BigEndian.AppendUint16(b, uint16(len(fields[i])))
		b = append(append(b, fields[i]...), fields[i+1]...)
	}
	return string(b)
}

// val writes a kind and a text with its length.
func val(kind event.Kind, s string) string {
	return string(binary.BigEndian.AppendUint32([]byte{byte(kind)}, uint32(len(s)))) + s
}

// list writes a list of members that are written already.
func list(members ...string) string {
	return string(binary.BigEndian.AppendUint32([]byte{byte(event.KindList)}, uint32(len(members)))) + strings.Join(members, "")
}

// TestDecodeIsStrict: slots that only their writer's own rules tell apart from
// good ones. What is accepted encodes to the same bytes again.
func TestDecodeIsStrict(t *testing.T) {
	t.Parallel()
	p, e0, e1 := parts(&event.Event{})
	f := func(name string, n int, part string, ok bool) {
		t.Helper()
		s := [2]string{e0, e1}
		s[n] = part
		var e event.Event
		err := event.Decode(p, s[0], s[1], &e)
		if ok != (err == nil) || err != nil && !errors.Is(err, event.ErrNotCanonical) {
			t.Errorf("%s: %v, want accepted %v", name, err, ok)
		}
		if _, s0, s1 := parts(&e); err == nil && (s0 != s[0] || s1 != s[1]) {
			t.Errorf("%s: accepted but written otherwise", name)
		}
	}
	text := func(s string) string { return val(event.KindText, s) }
	number := func(s string) string { return val(event.KindNumber, s) }
	mark := func(length string) string {
		return list(list(text("late"), text(""), number(length), text(""), text("")))
	}
	deep := "\x01"
	for range event.MaxDepth {
		deep = list(deep)
	}

	f("version of a slot", 0, "\x02"+e0[1:], false)
	f("no slot", 1, "", false)
	f("count of one more", 0, strings.Replace(slot("host", text("h")), "\x01\x00\x00\x00\x01", "\x01\x00\x00\x00\x02", 1), false)
	f("field that has no name", 0, slot("", text("h")), false)
	f("text", 0, slot("host", text("h")), true)
	f("empty text", 0, slot("host", text("")), true)
	f("null", 0, slot("host", "\x01"), true)
	f("bool for a text", 0, slot("host", "\x03"), false)
	f("number for a text", 0, slot("host", number("1")), false)
	f("field of the public part", 0, slot("source", text("s")), false)
	f("who among what", 1, slot("user", text("u")), false)
	f("attribute among who", 0, slot("attrs.a", "\x01"), false)
	f("flag among who", 0, slot("compliance.pci_scope", "\x03"), false)
	f("country", 0, slot("geo.country", text("RO")), true)
	f("country as a number", 0, slot("geo.country", number("RO")), false)
	f("latitude", 0, slot("geo.lat", number("1.5")), true)
	f("latitude as a text", 0, slot("geo.lat", text("1.5")), false)
	f("empty longitude", 0, slot("geo.lon", number("")), false)
	f("height", 0, slot("geo.alt", number("7")), false)
	f("flag", 1, slot("compliance.gdpr_relevant", "\x02", "compliance.pci_scope", "\x03"), true)
	f("flag of null", 1, slot("compliance.gdpr_relevant", "\x01"), false)
	f("retention", 1, slot("compliance.retention_days", number("30")), true)
	f("retention as a text", 1, slot("compliance.retention_days", text("30")), false)
	f("no retention", 1, slot("compliance.retention_days", number("0")), false)
	f("retention of zeros", 1, slot("compliance.retention_days", number("030")), false)
	f("retention of words", 1, slot("compliance.retention_days", number("long")), false)
	f("retention over 32 bits", 1, slot("compliance.retention_days", number("4294967296")), false)
	f("raw", 1, slot("raw", val(event.KindBytes, "\xff")), true)
	f("empty raw", 1, slot("raw", val(event.KindBytes, "")), false)
	f("raw as a text", 1, slot("raw", text("x")), false)
	f("no tags", 1, slot("tags", list()), true)
	f("tags", 1, slot("tags", list(text("a"), text("b"))), true)
	f("tag of a number", 1, slot("tags", list(text("a"), number("1"))), false)
	f("number, then a text", 1, slot("tags", list(number("1"), text("a"))), false)
	f("tags as bytes", 1, slot("tags", "\x07"+list()[1:]), false)
	f("more tags than bytes", 1, slot("tags", "\x06\xff\xff\xff\xff"), false)
	f("mark", 1, slot("marks", mark("7")), true)
	f("mark of a negative length", 1, slot("marks", mark("-7")), true)
	f("mark of +7", 1, slot("marks", mark("+7")), false)
	f("mark of no length", 1, slot("marks", mark("")), false)
	f("mark of a length in words", 1, slot("marks", mark("long")), false)
	f("mark of four", 1, slot("marks", list(list(text("late"), text(""), number("0"), text("")))), false)
	f("mark of bools", 1, slot("marks", list("\x03")), false)
	f("mark with a number for its kind", 1, slot("marks", list(list(number("1"), text(""), number("0"), text(""), text("")))), false)
	f("mark with a number for its hash", 1, slot("marks", list(list(text("late"), text(""), number("0"), number("1"), text("")))), false)
	f("marks as bytes", 1, slot("marks", "\x07"+mark("7")[1:]), false)
	f("attributes", 1, slot("attrs.a", "\x01", "attrs.b", text("x")), true)
	f("attribute of no key", 1, slot("attrs.", "\x01"), true)
	f("absent attribute", 1, slot("attrs.a", "\x00"), false)
	f("attribute of kind 8", 1, slot("attrs.a", "\x08"), false)
	f("list of one", 1, slot("attrs.a", list("\x01")), true)
	f("list longer than the rest", 1, slot("attrs.a", "\x06\x00\x00\x00\x02\x01"), false)
	f("list with an unknown member", 1, slot("attrs.a", list("\x01", "\x09")), false)
	f("deepest list", 1, slot("attrs.a", deep), true)
	f("deeper list", 1, slot("attrs.a", list(deep)), false)
}

// TestDecodePublicPart: each byte of the fixed fields is read, each cut refused.
func TestDecodePublicPart(t *testing.T) {
	t.Parallel()
	e := full()
	e.Action = ""
	e.SetNull(event.FieldCategory)
	p, s0, s1 := parts(e)
	var back event.Event
	for n := range len(p) {
		if err := event.Decode(p[:n], s0, s1, &back); !errors.Is(err, event.ErrNotCanonical) {
			t.Fatalf("public part cut to %d bytes: %v", n, err)
		}
	}
	for n := range len(s0) {
		if event.Decode(p, s0[:n], s1, &back) == nil {
			t.Fatalf("slot 0 cut to %d bytes was accepted", n)
		}
	}
	for n := range len(s1) {
		if event.Decode(p, s0, s1[:n], &back) == nil {
			t.Fatalf("slot 1 cut to %d bytes was accepted", n)
		}
	}
	for tail, ok := range map[string]bool{"\x03\x04": true, "\x04\x04": false, "\x03\x05": false} {
		if err := event.Decode(p[:len(p)-2]+tail, s0, s1, &back); (err == nil) != ok {
			t.Errorf("outcome and severity %x: %v, want accepted %v", tail, err, ok)
		}
	}
	for kind, ok := range map[string]bool{"\x00": true, "\x01": true, "\x02": false, "\x06": false} {
		if err := event.Decode(p[:len(p)-3]+kind+p[len(p)-2:], s0, s1, &back); (err == nil) != ok {
			t.Errorf("action of kind %x: %v, want accepted %v", kind, err, ok)
		}
	}
}

// TestDecodeLeavesNothingBehind: an event that is used again shows nothing of
// what it held before.
func TestDecodeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	e := full()
	e.SetNull(event.FieldSender)
	p, s0, s1 := parts(&event.Event{Source: "s"})
	if err := event.Decode(p, s0, s1, e); err != nil {
		t.Fatal(err)
	}
	if e.Attrs != nil || e.Tags != nil || e.Marks != nil || e.Null != 0 || e.User != "" || e.Geo != (event.Geo{}) {
		t.Errorf("left behind: %+v", e)
	}
}
