// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// The limits of what a person may write.
const (
	// MaxNoteBytes is the longest note.
	MaxNoteBytes = 8 << 10
	// MaxNotes is how many notes one anomaly or alert keeps.
	MaxNotes = 500
)

// Acknowledge makes an active alert acknowledged and w.By its assignee; doing it
// again changes nothing. The alert is unchanged when an error comes back.
func (a *Alert) Acknowledge(w Work) error {
	if a.Status == Acknowledged {
		return nil
	}
	if a.Status != Active {
		return &ConflictError{ID: a.ID, Status: a.Status, Action: "acknowledge"}
	}
	notes, err := addNote(a.Notes, w)
	if err != nil {
		return err
	}
	a.Status, a.Notes = Acknowledged, notes
	a.Assignee, a.AcknowledgedBy, a.AcknowledgedAt = w.By, w.By, w.At
	return nil
}

// Resolve ends an active or acknowledged alert. The alert is unchanged when an
// error comes back.
func (a *Alert) Resolve(r Resolution) error {
	if a.Status == Resolved {
		return &ConflictError{ID: a.ID, Status: a.Status, Action: "resolve"}
	}
	notes, err := r.notes(a.Notes)
	if err != nil {
		return err
	}
	a.Status, a.Notes = Resolved, notes
	a.ResolvedBy, a.ResolvedAt, a.Reason = r.By, r.At, r.Reason
	return nil
}

// Resolve ends an open anomaly. The anomaly is unchanged when an error comes
// back.
func (a *Anomaly) Resolve(r Resolution) error {
	if a.Status != Open {
		return &ConflictError{ID: a.ID, Status: a.Status, Action: "resolve"}
	}
	notes, err := r.notes(a.Notes)
	if err != nil {
		return err
	}
	a.Status, a.Notes = Resolved, notes
	a.ResolvedBy, a.ResolvedAt, a.Reason = r.By, r.At, r.Reason
	return nil
}

func (r *Resolution) notes(old []Note) ([]Note, error) {
	if r.Reason != "" && !r.Reason.Valid() {
		return nil, fmt.Errorf("%w: reason: %.40q is none of true_positive, benign, false_positive, duplicate", ErrInvalid, string(r.Reason))
	}
	return addNote(old, r.Work)
}

func addNote(old []Note, w Work) ([]Note, error) {
	switch {
	case w.By == "":
		return nil, fmt.Errorf("%w: by: nobody is named", ErrInvalid)
	case len(w.Notes) > MaxNoteBytes:
		return nil, fmt.Errorf("%w: notes: longer than %d bytes", ErrInvalid, MaxNoteBytes)
	case !utf8.ValidString(w.Notes):
		return nil, fmt.Errorf("%w: notes: not UTF-8", ErrInvalid)
	case w.Notes == "":
		return old, nil
	case len(old) >= MaxNotes:
		return nil, fmt.Errorf("%w: notes: there are %d already", ErrInvalid, MaxNotes)
	}
	return append(slices.Clip(old), Note{Time: w.At, By: w.By, Text: w.Notes}), nil
}
