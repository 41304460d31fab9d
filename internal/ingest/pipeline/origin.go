// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// filePath is the attribute with the file that a record was read from.
const filePath = "log.file.path"

// Origin is where a record lies in what its input reads: for inputs that read the
// same again after a crash, and must not record it twice.
type Origin struct {
	// ID becomes the origin id of an event that brings none; the second event of a
	// record gets it with ":1" behind it, and so on. Its sender repeats it only for
	// the same record, and soon: it is not looked for among old events.
	ID string
	// Path becomes the attribute log.file.path, unless the event has one; "" adds
	// none.
	Path string
}

// mark puts the origin on a record's events.
func (o *Origin) mark(events []*event.Event) {
	for n, e := range events {
		if e.OriginID == "" && o.ID != "" {
			e.OriginID = o.ID
			if n > 0 {
				e.OriginID += ":" + strconv.Itoa(n)
			}
		}
		if o.Path == "" {
			continue
		}
		at, has := slices.BinarySearchFunc(e.Attrs, filePath, func(a event.Attr, key string) int { return strings.Compare(a.Key, key) })
		if !has {
			e.Attrs = slices.Insert(slices.Clip(e.Attrs), at, event.Attr{Key: filePath, Value: event.Text(o.Path)})
		}
	}
}

// gave tells whether an event has its id from the origin.
func (o *Origin) gave(e *event.Event) bool { return o.ID != "" && strings.HasPrefix(e.OriginID, o.ID) }
