// SPDX-License-Identifier: Apache-2.0

package sheet

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// member is one member of a JSON object, its name without quotes.
type member struct{ name, value []byte }

// membersOf lists the members of a JSON object in their order. They are parts of the
// object's bytes, unless a name has escapes.
func membersOf(object []byte) ([]member, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	next := func() ([]byte, error) { // by its place: what the decoder returns is soon used again
		v, err := d.ReadValue()
		end := d.InputOffset()
		return object[end-int64(len(v)) : end], err
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, errors.Join(errors.New("no JSON object"), err)
	}
	list := make([]member, 0, 32)
	for d.PeekKind() == '"' {
		name, err := next()
		if err != nil {
			return nil, err
		}
		if bytes.IndexByte(name, '\\') < 0 {
			name = name[1 : len(name)-1]
		} else if name, err = jsontext.AppendUnquote(nil, name); err != nil {
			return nil, err
		}
		value, err := next()
		if err != nil {
			return nil, err
		}
		list = append(list, member{name, value})
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '}' {
		return nil, errors.Join(errors.New("no end of the object"), err)
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.Join(errors.New("more after the object"), err)
	}
	return list, nil
}

// find returns the value of a name, nil when there is none.
func find(list []member, name string) []byte {
	for i := range list {
		if string(list[i].name) == name {
			return list[i].value
		}
	}
	return nil
}
