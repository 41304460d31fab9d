// SPDX-License-Identifier: Apache-2.0

package event

// Mark is a remark of Tocsin's own on an event: nothing that is done to an
// event on its way in is silent.
type Mark struct {
	// Kind is one of the Mark constants.
	Kind string
	// Field names the field that it is about, "" for the whole event.
	Field string
	// Length is the length in bytes before the change, 0 where it says nothing.
	Length int64
	// Hash is the SHA-256 in hex of the bytes before the change, "" where none.
	Hash string
	// Detail is a short machine word or the refused text, at most 256 bytes.
	Detail string
}

// The kinds of marks.
const (
	// MarkTruncated: the field was longer than MaxFieldBytes and was cut.
	MarkTruncated = "truncated"
	// MarkRedacted: secret or personal text was taken out of the field.
	MarkRedacted = "redacted"
	// MarkInvalidUTF8: the text had invalid UTF-8; Raw holds the bytes.
	MarkInvalidUTF8 = "invalid_utf8"
	// MarkInvalid: the field's value did not fit its type; Detail holds it.
	MarkInvalid = "invalid"
	// MarkFuture: the event's time is ahead of its receipt.
	MarkFuture = "time_future"
	// MarkAncient: the event's time is long before its receipt.
	MarkAncient = "time_ancient"
	// MarkLate: it came after its origin's watermark had passed its time, so
	// that detections do not count it.
	MarkLate = "late"
	// MarkOriginConflict: the same origin id was seen with other content.
	MarkOriginConflict = "origin_id_conflict"
	// MarkDerived: Tocsin made this event out of another one of the sender's.
	MarkDerived = "derived"
)

// Marked tells whether the event has a mark of that kind.
func (e *Event) Marked(kind string) bool {
	for i := range e.Marks {
		if e.Marks[i].Kind == kind {
			return true
		}
	}
	return false
}

// Flag is a bool that may be absent.
type Flag uint8

// The three values of a Flag.
const (
	FlagAbsent Flag = iota
	FlagFalse
	FlagTrue
)

// FlagOf makes a Flag of a bool.
func FlagOf(b bool) Flag {
	if b {
		return FlagTrue
	}
	return FlagFalse
}

func (f Flag) value() (Value, bool) { return Bool(f == FlagTrue), f != FlagAbsent }

// Compliance says which rules of law or trade touch the event.
type Compliance struct {
	GDPR, PCI, HIPAA Flag
	// RetentionDays is how long the sender wants it kept; 0 is absent.
	RetentionDays int32
}
