// SPDX-License-Identifier: Apache-2.0

// Package event defines what a source told us: the Event, its values, its
// names and the bytes of it that are signed.
//
// An event is born in an input, filled by normalize, cleaned by redact, stamped
// by pipeline and, from the journal on, never changed again:
//
//	raw bytes → normalize → Event → pipeline (ID, Received, Place.Stream)
//	                              → journal  (Place.Origin, Seq, Ord) → everybody reads
//
// Three forms of one event exist, and each carries all of it:
//
//   - the Go struct Event: typed core fields and a sorted list of attributes,
//     never a map;
//   - the canonical bytes (AppendPublic, AppendSlot, Decode): what is hashed,
//     signed and written to the journal, laid down in docs/journal-format.md;
//   - the native JSON (AppendJSON): what the API, the CLI and the sinks show.
//
// Absent, empty and null are three things. A core text field is absent while it
// is "" and in neither Event.Blank nor Event.Null.
//
// Memory: the strings of an event may be parts of the request body that it came
// from, which is never reused while the event lives. Whoever keeps a string for
// longer than the batch (a window's key, a dictionary) clones it first, so that
// one word does not hold megabytes.
//
// The package does no I/O and starts no goroutine. An Event is not safe for
// concurrent change; any number may read it once it is committed.
package event

// Event is one thing that a source told us. The zero value is an empty event;
// Validate says what must be filled before it is recorded.
type Event struct {
	// ID is a ULID of the time of receipt, given by pipeline.
	ID ID
	// Time is when it happened, in nanoseconds since 1970 UTC; 0 means that
	// the source did not say (pipeline then sets it to Received).
	Time int64
	// Received is when Tocsin got it, in nanoseconds since 1970 UTC.
	Received int64

	// Source is the system that told it: a name of the sources configuration.
	Source string
	// Category says what kind of thing happened, in snake_case.
	Category string
	// Action is the sender's own word for it.
	Action string
	// Outcome is success, failure, unknown or absent.
	Outcome Outcome
	// Severity is info to critical.
	Severity Severity

	Message   string
	User      string
	IP        string // canonical text of one address, never a host name
	Session   string
	UserAgent string
	Host      string
	Service   string
	// OriginID is the source's own id of the event.
	OriginID string

	// Input is the name of the input that it arrived by.
	Input string
	// Sender is the id of the token or peer that sent it.
	Sender string

	// Tags keep the sender's order. nil is absent, empty is an empty list.
	Tags       []string
	Compliance Compliance
	Geo        Geo
	// Attrs are all other fields: flat dotted keys, sorted bytewise, unique.
	Attrs []Attr
	// Raw holds the bytes as received where the text could not be kept as it
	// was (invalid UTF-8) or where a format is asked to keep them.
	Raw string
	// Marks are Tocsin's own remarks on the event, in the order they were made.
	Marks []Mark

	// Blank and Null name core text fields that are there but empty, or null.
	Blank, Null FieldSet

	// Place is where the event lies in the journal; zero before the commit.
	Place Place
}

// Place is an event's position in the journal.
type Place struct {
	// Origin names the journal: `<name>/<random>`.
	Origin string
	// Stream is the retention class, for example "365d".
	Stream string
	// Seq counts in a stream, from 1, without gaps.
	Seq uint64
	// Ord counts across all streams, from 1; gaps are legal.
	Ord uint64
	// Erased are the slots that an erasure has emptied. They are no part of what was
	// said, and of no canonical bytes: whoever reads the journal finds them there.
	Erased SlotSet
}

// SlotSet is a set of the personal slots of an event (AppendSlot).
type SlotSet uint8

// The slots: who it was, and what was said.
const (
	SlotPerson  SlotSet = 1 << iota // 0
	SlotContent                     // 1
)

// Words are the names of the slots in the set.
func (s SlotSet) Words() (words []string) {
	if s&SlotPerson != 0 {
		words = append(words, "person")
	}
	if s&SlotContent != 0 {
		words = append(words, "content")
	}
	return words
}

// Range is a run of sequence numbers of one stream, both ends included.
type Range struct {
	Stream string `json:"stream"`
	First  uint64 `json:"first_seq"`
	Last   uint64 `json:"last_seq"`
	// Leaves is the SHA-256 over the leaf hashes of the entries, in order; zero
	// where nobody needs it. It is for receipts, and in no JSON.
	Leaves [32]byte `json:"-"`
}

// Attr is one named value beside the core fields.
type Attr struct {
	Key   string
	Value Value
}

// Geo is where an address lies. Lat and Lon are decimal numbers as text, AS is
// the number of the autonomous system as text; "" is absent.
type Geo struct {
	Country, Lat, Lon, AS string
}

// Outcome says how it ended.
type Outcome uint8

// The outcomes. The zero value is an absent outcome.
const (
	OutcomeAbsent Outcome = iota
	Success
	Failure
	Unknown
)

// String returns the word of the outcome, "" when absent.
func (o Outcome) String() string {
	switch o {
	case Success:
		return "success"
	case Failure:
		return "failure"
	case Unknown:
		return "unknown"
	default:
		return ""
	}
}

// ParseOutcome reads one of the three words; ok is false for any other text.
func ParseOutcome(s string) (o Outcome, ok bool) {
	switch s {
	case "success":
		return Success, true
	case "failure":
		return Failure, true
	case "unknown":
		return Unknown, true
	default:
		return OutcomeAbsent, false
	}
}
