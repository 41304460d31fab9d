// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxJoined bounds what of a list is looked at as one text.
const maxJoined = 64 << 10

// joined looks at the texts of a list as one, for what stands in two of them: the
// arguments of a command (--password, x), the words of a header (Bearer, x). own tells
// that the list is the event's own already.
func (w *work) joined(v *event.Value, key string, own bool) (changed Kinds) {
	size, texts := 0, 0
	for i := range v.List {
		if v.List[i].Kind == event.KindText {
			texts++
			size += len(v.List[i].Text) + 1
		}
	}
	if texts < 2 || size > maxJoined {
		return 0
	}
	var b strings.Builder
	b.Grow(size)
	for i := range v.List {
		if v.List[i].Kind == event.KindText {
			b.WriteString(v.List[i].Text)
			b.WriteByte(' ')
		}
	}
	var finds []find
	_, f, _ := w.r.pass(b.String(), key, w.p, []int{}, &finds)
	if f.changed == 0 {
		return 0
	}
	if !own { // it may belong to another event too
		v.List = append([]event.Value(nil), v.List...)
	}
	at, next := 0, 0
	for i := range v.List {
		if v.List[i].Kind != event.KindText {
			continue
		}
		text := v.List[i].Text
		var out []byte
		last := 0
		for next < len(finds) && finds[next].from < at+len(text) {
			in := finds[next]
			from, to := max(0, in.from-at), min(len(text), in.to-at)
			if in.action != Keep && from < to {
				out = w.r.put(append(out, text[last:from]...), text[from:to], in.kind, in.action)
				last = to
				changed = changed.with(in.kind)
				if w.finds != nil {
					*w.finds = append(*w.finds, find{span{from, to, in.kind}, in.action})
				}
			}
			if in.to > at+len(text) { // it goes on in the next text
				break
			}
			next++
		}
		if last > 0 || out != nil {
			v.List[i].Text = string(append(out, text[last:]...))
		}
		at += len(text) + 1
	}
	return changed
}
