// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"errors"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// errNoDocument refuses an action without a document behind it.
var errNoDocument = errors.New("document: missing, must be an object")

// normalizeBulk reads one document of Elasticsearch's bulk API with its action
//
//	{"create":{"_index":…,"_id":…}}
//	{"@timestamp":…, …}
//
// (elastic.co/docs, "Bulk index or delete documents"). The document is read as JSON, in
// the form of its product. Its index is attrs.index, the id of the action its origin id
// where it has none of its own. What else the action says is for Elasticsearch.
func normalizeBulk(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	action, document, _ := bytes.Cut(bytes.TrimLeft(raw, " \t\r\n"), []byte("\n"))
	if Detect(document) != "json" {
		return out, errNoDocument
	}
	env, id, err := readAction(action)
	if err != nil {
		return out, err
	}
	inner := h.within()
	read := normalizeJSON
	if likeResk(document) {
		read = normalizeResk
	}
	more, err := read(document, &inner, out)
	switch {
	case errors.Is(err, ErrJSON):
		return out, err
	case err != nil: // a document that Elasticsearch takes
		more = append(out, unread(document, "document", err, &inner))
	}
	for i, e := range more[len(out):] {
		if i == 0 && id != "" {
			env.identify(e, id)
		}
		env.around(e, false)
	}
	return more, nil
}

// readAction reads an action of the bulk API, whatever it is called.
func readAction(action []byte) (env envelope, id string, err error) {
	m := members{scanner: scanner{b: action}}
	_, meta, done, err := m.next()
	if err != nil || done || meta[0] != '{' {
		return env, "", m.fail("no action")
	}
	m = members{scanner: scanner{b: meta}}
	for {
		name, value, done, err := m.next()
		if err != nil || done {
			return env, id, err
		}
		switch name {
		case "_index":
			env.attr("index", value)
		case "_id":
			id = wordOf(value)
		}
	}
}

// identify gives an event the id that its envelope tells. Beside an id of its own it is
// kept as an attribute.
func (v *envelope) identify(e *event.Event, id string) {
	switch e.OriginID {
	case id:
	case "":
		e.SetCore(event.FieldOriginID, id)
	default:
		v.attrs = append(v.attrs, event.Attr{Key: "_id", Value: event.Text(id)})
	}
}
