// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// says tells whether an attribute is one of the words, or a list with one of them.
func (d *document) says(name string, words ...string) bool {
	v, _ := d.e.Attr(name)
	if v.Kind == event.KindList {
		for _, m := range v.List {
			if slices.Contains(words, m.Text) {
				return true
			}
		}
		return false
	}
	return v.Kind == event.KindText && slices.Contains(words, v.Text)
}

// under tells whether there is an attribute whose name begins so.
func (d *document) under(prefix string) bool {
	i, _ := slices.BinarySearchFunc(d.e.Attrs, prefix, func(a event.Attr, p string) int { return strings.Compare(a.Key, p) })
	return i < len(d.e.Attrs) && strings.HasPrefix(d.e.Attrs[i].Key, prefix)
}

// also gives an attribute a second name, one that formats share, unless there is one of
// that name. The value is the first that is there.
func (d *document) also(name string, from ...string) {
	if d.has(name) {
		return
	}
	for _, f := range from {
		v, _ := d.e.Attr(f)
		switch v.Kind {
		case event.KindText, event.KindNumber:
			if v.Text != "" {
				d.e.SetAttr(name, v)
				return
			}
		default:
		}
	}
}

// take fills a core text field, where it is not filled, from the first attribute that is
// there, and removes that one. It is for texts that are long, and for names that search
// takes for the field's.
func (d *document) take(f event.Field, names ...string) {
	for _, name := range names {
		s := d.text(name)
		if s == "" {
			continue
		}
		if d.e.Core(f).Text == "" {
			d.e.SetCore(f, s)
		}
		if v, _ := d.e.Attr(name); d.e.Core(f).Text == s && v.Kind != event.KindList {
			d.drop(name)
		}
		return
	}
}

// takeAddress fills ip from an attribute, and removes it where that is all it says: it is
// for names that search takes for the field's.
func (d *document) takeAddress(name string) {
	d.address(name)
	if v, _ := d.e.Attr(name); v.Kind == event.KindText && v.Text == d.e.IP {
		d.drop(name)
	}
}

// levelIs reads a level from the first attribute that is there, and leaves the sender's
// word in attrs.level.
func (d *document) levelIs(names ...string) {
	for _, name := range names {
		v, _ := d.e.Attr(name)
		if v.Kind == event.KindList {
			v = event.Text(textOf(v))
		}
		if v.Text == "" {
			continue
		}
		if exact := d.levelOf(v); !exact && !d.has("level") {
			d.e.SetAttr("level", v)
		}
		return
	}
}

// web gives a request its category, and its outcome by the status: the fields that all
// formats of requests share are http.request.method, url.path, url.query,
// http.response.status_code, http.response.bytes and http.referrer.
func (d *document) web() {
	status := d.text("http.response.status_code")
	outcome, category := event.Success, "http_request"
	switch {
	case len(status) != 3:
		outcome = d.e.Outcome
	case status == "429":
		outcome, category = event.Failure, "rate_limit_blocked"
	case status[0] >= '4':
		outcome, category = event.Failure, "http_error"
	}
	d.is(category, outcome, event.Info)
}
