// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// origin says which object an attribute was a member of, so that two of the same
// key can both be kept.
type origin uint8

const (
	fromRecord origin = iota
	fromAttrs
	fromDetails
	fromMetadata
	fromTocsin
)

func (o origin) prefix() string {
	switch o {
	case fromAttrs:
		return "attrs."
	case fromDetails:
		return "details."
	case fromMetadata:
		return "metadata."
	case fromTocsin:
		return "tocsin."
	default:
		return ""
	}
}

// found is an attribute before it is sorted in.
type found struct {
	event.Attr
	from origin
}

// reader fills one event from one JSON object. It is used again for the next.
type reader struct {
	scanner
	mem *arena
	h   *Hint
	e   *event.Event

	// spread makes a list of objects into attributes name.0.member, name.1.member;
	// otherwise each object in a list is kept as its JSON text.
	spread bool
	// plain makes every member an attribute, also one that has the name of a field.
	plain bool
	// told are the members that tell a dialect; bundle says that there is a member that
	// can be a list of records.
	told   []string
	bundle bool

	path  []byte
	key   string // the member that is read, for errors
	names []string
	attrs []found

	rank [slots]uint8
	// Where an alias filled a slot: its name and its value's place, so that it can
	// be made an attribute when the field's own name comes later.
	alias [slots]string
	at    [slots]int
	// Severity and level are settled when both are known.
	severity, level event.Value
	// found tells that a dialect has found a severity under a name of its own.
	found bool
}

func (r *reader) reset(raw []byte, h *Hint, e *event.Event) {
	r.scanner = scanner{b: raw}
	r.h, r.e, r.mem = h, e, h.mem
	r.spread, r.plain, r.told, r.bundle = false, false, r.told[:0], false
	r.path, r.names, r.attrs = r.path[:0], r.names[:0], r.attrs[:0]
	r.rank = [slots]uint8{}
	r.severity, r.level, r.found = event.Value{}, event.Value{}, false
}

// record reads the whole text: one object and nothing after it.
func (r *reader) record() error {
	if c := r.peek(); c != '{' {
		if kindOf(c) == "" {
			return r.fail("no object")
		}
		return fmt.Errorf("event: want object, got %s", kindOf(c))
	}
	if err := r.object(1, fromRecord, !r.plain, slotNone); err != nil {
		return err
	}
	if r.peek(); r.i < len(r.b) {
		return r.fail("text after the object")
	}
	return nil
}

// object reads an object's members. Their names go behind r.path; core says that
// they can be fields; outer is the slot that the object is the value of.
func (r *reader) object(depth int, from origin, core bool, outer slot) error {
	if depth > event.MaxDepth {
		return r.tooDeep()
	}
	start, known := r.i, false
	r.i++
	keys := keyset{base: len(r.names)}
	pathLen := len(r.path)
	if r.peek() == '}' {
		r.i++
		return r.notEmpty(outer, start)
	}
	for {
		if r.peek() != '"' {
			return r.fail("no member name")
		}
		name, err := r.str()
		if err != nil {
			return err
		}
		if !keys.add(&r.names, name) {
			return fmt.Errorf("%.80s%.80s: twice in one object, at byte %d", r.path, name, r.i)
		}
		if r.peek() != ':' {
			return r.fail("no colon")
		}
		r.i++
		if err := r.member(name, depth, from, core); err != nil {
			return err
		}
		r.path = r.path[:pathLen]
		known = known || outer.isObject(name)
		switch r.peek() {
		case ',':
			r.i++
		case '}':
			r.i++
			r.names = r.names[:keys.base]
			if known {
				return nil
			}
			return r.notEmpty(outer, start)
		default:
			return r.fail("no comma or end of object")
		}
	}
}

// notEmpty refuses an object in the place of a text field.
func (r *reader) notEmpty(outer slot, start int) error {
	if f := outer.field(); f != event.FieldNone {
		return typeError(string(r.path[:len(r.path)-1]), "text", '{', start)
	}
	return nil
}

func (r *reader) tooDeep() error {
	return fmt.Errorf("%.120s: more than %d levels deep, at byte %d", r.key, event.MaxDepth, r.i)
}

func typeError(name, want string, got byte, at int) error {
	return fmt.Errorf("%.120s: want %s, got %s at byte %d", name, want, kindOf(got), at)
}

// member reads the value of one member.
func (r *reader) member(name string, depth int, from origin, core bool) error {
	c := r.peek()
	if kindOf(c) == "" {
		return r.fail("no value")
	}
	if len(r.path)+len(name) > event.MaxKeyBytes {
		return fmt.Errorf("%.80s%.40s…: name of %d bytes, at most %d are allowed, at byte %d",
			r.path, name, len(r.path)+len(name), event.MaxKeyBytes, r.i)
	}
	key := name
	if len(r.path) > 0 {
		r.path = append(r.path, name...)
		key = r.mem.intern(r.path)
	}
	r.key = key
	if core {
		if s, rank := slotOf(key); s != slotNone {
			return r.fill(s, rank, key, c, depth)
		}
		if from == fromRecord && len(r.path) == 0 && strings.IndexByte(key, '.') > 0 {
			for _, o := range [...]origin{fromAttrs, fromDetails, fromMetadata} {
				if rest, ok := strings.CutPrefix(key, o.prefix()); ok && rest != "" {
					key, from = rest, o
					break
				}
			}
		}
	}
	if core && from == fromRecord && len(r.path) == 0 {
		r.tells(key)
	}
	return r.other(key, c, depth, from)
}

// other reads the value of a member that is no field: an attribute, or an object
// of attributes.
func (r *reader) other(key string, c byte, depth int, from origin) error {
	if c == '{' {
		r.path = append(append(r.path[:0], key...), '.')
		return r.object(depth+1, from, false, slotNone)
	}
	if key == "" {
		return fmt.Errorf("attrs: empty name at byte %d", r.i)
	}
	if c == '[' && r.spread {
		return r.list(key, depth, from)
	}
	v, err := r.value(c, depth)
	if err != nil {
		return err
	}
	r.attrs = append(r.attrs, found{event.Attr{Key: key, Value: v}, from})
	return nil
}

// list reads a list whose objects are spread to attributes by their position, and
// beside them its other members. A list without an object is one value. It is read
// once: lists in the objects of lists would cost the square of the square.
func (r *reader) list(key string, depth int, from origin) error {
	if depth >= event.MaxDepth {
		return r.tooDeep()
	}
	v := event.Value{Kind: event.KindList}
	var at []int // the places of the values, once there is an object
	objects := false
	r.i++
	for n := 0; n > 0 || r.peek() != ']'; n++ {
		if c := r.peek(); c == '{' {
			for i := range v.List[len(at):] {
				at = append(at, i) // no object so far: a value's place is its number
			}
			objects = true
			r.path = append(fmt.Appendf(r.path[:0], "%s.%d", key, n), '.')
			if err := r.object(depth+2, from, false, slotNone); err != nil {
				return err
			}
		} else {
			m, err := r.value(c, depth+1)
			if err != nil {
				return err
			}
			v.List = append(v.List, m)
			if objects {
				at = append(at, n)
			}
		}
		if c := r.peek(); c == ']' {
			break
		} else if c != ',' {
			return r.fail("no comma or end of list")
		}
		r.i++
	}
	r.i++
	if !objects {
		r.attrs = append(r.attrs, found{event.Attr{Key: key, Value: v}, from})
		return nil
	}
	for i, m := range v.List {
		r.path = fmt.Appendf(r.path[:0], "%s.%d", key, at[i])
		if len(r.path) > event.MaxKeyBytes {
			return fmt.Errorf("%.80s…: name of %d bytes, at most %d are allowed, at byte %d", r.path, len(r.path), event.MaxKeyBytes, r.i)
		}
		r.attrs = append(r.attrs, found{event.Attr{Key: r.mem.intern(r.path), Value: m}, from})
	}
	return nil
}

// value reads a value. An object in it, which has no place of its own in a list,
// is kept as its JSON text.
func (r *reader) value(c byte, depth int) (event.Value, error) {
	switch c {
	case '"':
		s, err := r.str()
		return event.Text(s), err
	case 't':
		return event.Bool(true), r.literal("true")
	case 'f':
		return event.Bool(false), r.literal("false")
	case 'n':
		return event.Null(), r.literal("null")
	case '[':
		return r.members(depth + 1)
	case '{':
		start := r.i
		err := r.skip(depth + 1)
		return event.Text(alias(r.b[start:r.i])), err
	default:
		if kindOf(c) == "" {
			return event.Value{}, r.fail("no value")
		}
		s, err := r.number()
		return event.Number(s), err
	}
}

// members reads a list.
func (r *reader) members(depth int) (event.Value, error) {
	v := event.Value{Kind: event.KindList}
	if depth > event.MaxDepth {
		return v, r.tooDeep()
	}
	r.i++
	if r.peek() == ']' {
		r.i++
		return v, nil
	}
	for {
		m, err := r.value(r.peek(), depth)
		if err != nil {
			return v, err
		}
		if v.List == nil {
			v.List = make([]event.Value, 0, 4)
		}
		v.List = append(v.List, m)
		switch r.peek() {
		case ',':
			r.i++
		case ']':
			r.i++
			return v, nil
		default:
			return v, r.fail("no comma or end of list")
		}
	}
}

// skip reads an object for its form alone.
func (r *reader) skip(depth int) error {
	if depth > event.MaxDepth {
		return r.tooDeep()
	}
	r.i++
	if r.peek() == '}' {
		r.i++
		return nil
	}
	keys := keyset{base: len(r.names)}
	for {
		if r.peek() != '"' {
			return r.fail("no member name")
		}
		name, err := r.str()
		if err != nil {
			return err
		}
		if !keys.add(&r.names, name) {
			return fmt.Errorf("%.120s: %.80s twice in one object, at byte %d", r.key, name, r.i)
		}
		if r.peek() != ':' {
			return r.fail("no colon")
		}
		r.i++
		if c := r.peek(); c == '{' {
			err = r.skip(depth + 1)
		} else {
			_, err = r.value(c, depth)
		}
		if err != nil {
			return err
		}
		switch r.peek() {
		case ',':
			r.i++
		case '}':
			r.i++
			r.names = r.names[:keys.base]
			return nil
		default:
			return r.fail("no comma or end of object")
		}
	}
}

// sorted hands the attributes to the event in order. Of two with one key the
// second is kept under the name of the object that it came from.
func (r *reader) sorted() error {
	byKey := func(a, b found) int { return strings.Compare(a.Key, b.Key) }
	slices.SortStableFunc(r.attrs, byKey)
	for again := 0; ; again++ {
		twice := -1
		for i := 1; i < len(r.attrs); i++ {
			if r.attrs[i].Key == r.attrs[i-1].Key {
				twice = i
				break
			}
		}
		if twice < 0 {
			break
		}
		at := twice
		if r.attrs[at].from == fromRecord {
			at--
		}
		prefix := r.attrs[at].from.prefix()
		if key := prefix + r.attrs[at].Key; prefix != "" && len(key) <= event.MaxKeyBytes && again < 64 {
			r.attrs[at].Key, r.attrs[at].from = key, fromRecord
			slices.SortStableFunc(r.attrs, byKey)
			continue
		}
		return fmt.Errorf("attrs.%.120s: told twice", r.attrs[twice].Key)
	}
	flat := r.mem.lineAttrs[:0]
	for i := range r.attrs {
		flat = append(flat, r.attrs[i].Attr)
	}
	r.e.Attrs = r.mem.keep(flat)
	r.mem.lineAttrs = flat
	return nil
}
