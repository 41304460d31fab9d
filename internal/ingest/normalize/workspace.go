// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// normalizeWorkspace reads one record of the HTTP Data Collector API of Azure Monitor
// (learn.microsoft.com, "data-collector-api"): an object of any form, in that of its
// product where it is known. TimeGenerated is the time and Computer the host of one that
// names none.
func normalizeWorkspace(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	if likeResk(raw) {
		return normalizeResk(raw, h, out)
	}
	more, err := normalizeJSON(raw, h, out)
	switch {
	case errors.Is(err, ErrJSON) || err != nil && Detect(raw) != "json":
		return out, err
	case err != nil: // a record that Azure takes
		return append(out, unread(raw, "record", err, h)), nil
	}
	for _, e := range more[len(out):] {
		d := document{e: e, h: h}
		d.time("TimeGenerated")
		d.set(event.FieldHost, "Computer")
	}
	return more, nil
}
