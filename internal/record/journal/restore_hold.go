// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// hold records the legal holds that are in force as entries of the new journal: those
// of the file of holds, and those that the archive's entries say were placed and not
// lifted.
func (b *beginning) hold(ctx context.Context) error {
	d := b.decided
	for _, f := range b.j.view.all() {
		if f.home != b.a || f.stream != SystemStream || f.file == nil {
			continue
		}
		rows := segment.NewRows(f.file)
		for row := range f.file.Rows() {
			e := &event.Event{}
			if err := rows.Event(row, e); err != nil {
				return fmt.Errorf("read the archive's own entries: %w", err)
			}
			if repeated(e) {
				d = append(d, e)
			}
		}
	}
	d.sort()
	list := b.j.Holds()
	list = append(list, lackingHolds(list, d.holds())...)
	if len(list) == 0 {
		return nil
	}
	if err := b.j.changeHolds(func([]Hold) ([]Hold, error) { return slices.Clone(list), nil }); err != nil {
		return err
	}
	var events []*event.Event
	for i := range list {
		e := ownEvent(categoryPolicy, "legal hold stays placed", holdAttrs(&list[i], holdPlaced, list[i].Actor)...)
		e.Time = list[i].Placed.UnixNano()
		events = append(events, e)
	}
	return b.j.note(ctx, events...)
}
