// SPDX-License-Identifier: Apache-2.0

package alert

import "slices"

// Erase puts word in the place of every text of the anomaly that is one of those:
// its entity, whole notes, and who wrote or resolved. Counts, times and evidence
// stay. about tells that the entity was one, changed that something was.
func (a *Anomaly) Erase(is func(text string) bool, word string) (about, changed bool) {
	about = is(a.Entity.Value)
	notes := eraseNotes(a.Notes, is, word)
	changed = notes != nil
	if changed {
		a.Notes = notes
	}
	return about, eraseTexts(is, word, &a.Entity.Value, &a.ResolvedBy) || changed
}

// Erase puts word in the place of every text of the alert that is one of those, as
// that of an anomaly does.
func (a *Alert) Erase(is func(text string) bool, word string) (about, changed bool) {
	about = is(a.Entity.Value)
	notes := eraseNotes(a.Notes, is, word)
	changed = notes != nil
	if changed {
		a.Notes = notes
	}
	return about, eraseTexts(is, word, &a.Entity.Value, &a.Assignee, &a.AcknowledgedBy, &a.ResolvedBy) || changed
}

// eraseNotes are the notes without the texts that are one of those; nil when none is.
func eraseNotes(notes []Note, is func(string) bool, word string) []Note {
	changed := false
	out := slices.Clone(notes)
	for i := range out {
		changed = eraseTexts(is, word, &out[i].By, &out[i].Text) || changed
	}
	if !changed {
		return nil
	}
	return out
}

func eraseTexts(is func(string) bool, word string, texts ...*string) (changed bool) {
	for _, t := range texts {
		if is(*t) {
			*t, changed = word, true
		}
	}
	return changed
}
