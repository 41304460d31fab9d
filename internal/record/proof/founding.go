// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// CategoryOrigin is the category of the entry with which a journal begins that
// stands on an archive.
const CategoryOrigin = "journal_origin"

const (
	foundingPrefix = "origin."
	// maxFoundingNote bounds the checkpoint in a founding: it is one value of an
	// entry.
	maxFoundingNote = 48 << 10
)

// ErrFounding is wrapped by the errors about an entry that is no founding although
// its category says so.
var ErrFounding = errors.New("malformed founding")

// Founding says which journal came before this one: it is the first entry of the
// stream of the journal's own entries, so that whoever trusts a checkpoint of this
// journal knows all of that one's log.
type Founding struct {
	// Origin is the name of the earlier journal, Headers the size of its log of
	// headers and Root the root over all of them.
	Origin  string
	Headers uint64
	Root    Hash
	// Checkpoint is its newest signed checkpoint, a note; "" when it had none. It may
	// cover fewer headers than there are.
	Checkpoint string
	// Ord is the highest that it has given.
	Ord uint64
	// Streams are the last sealed sequence numbers of its streams.
	Streams map[string]uint64
	// Carried are its entries that were not sealed yet: they were recorded again in
	// this journal, as new entries with their old ord; of those of its own, what they
	// say is.
	Carried map[string][]SeqRun
	// Backup is when the backup was made that it came out of, Actor who put it back.
	Backup time.Time
	Actor  string
}

// Event puts the founding into the category and the attributes of an entry.
func (f *Founding) Event(e *event.Event) {
	e.Category = CategoryOrigin
	var streams, carried []string
	for _, name := range slices.Sorted(maps.Keys(f.Streams)) {
		streams = append(streams, name+":"+strconv.FormatUint(f.Streams[name], 10))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Carried)) {
		carried = append(carried, name+":"+formatRuns(f.Carried[name]))
	}
	for name, text := range map[string]string{
		"name": f.Origin, "headers": strconv.FormatUint(f.Headers, 10), "root": base64.StdEncoding.EncodeToString(f.Root[:]),
		"checkpoint": f.Checkpoint, "ord": strconv.FormatUint(f.Ord, 10), "streams": strings.Join(streams, " "),
		"carried": strings.Join(carried, " "), "backup": f.Backup.UTC().Format(time.RFC3339), "actor": f.Actor,
	} {
		e.SetAttr(foundingPrefix+name, event.Text(text))
	}
}

// ParseFounding reads what Event wrote; ok is false for an entry of another
// category. Errors wrap ErrFounding.
func ParseFounding(e *event.Event) (f Founding, ok bool, err error) {
	if e.Category != CategoryOrigin {
		return f, false, nil
	}
	texts := attrTexts(e, foundingPrefix)
	f = Founding{Origin: texts["name"], Checkpoint: texts["checkpoint"], Actor: texts["actor"]}
	if !validOrigin(f.Origin) || len(f.Checkpoint) > maxFoundingNote {
		return f, true, fmt.Errorf("%w: origin %.60q", ErrFounding, f.Origin)
	}
	for name, to := range map[string]*uint64{"headers": &f.Headers, "ord": &f.Ord} {
		if *to, err = ParseDecimal(texts[name]); err != nil {
			return f, true, fmt.Errorf("%w: %s: %w", ErrFounding, name, err)
		}
	}
	if f.Root, err = ParseHash(texts["root"]); err != nil {
		return f, true, fmt.Errorf("%w: root: %w", ErrFounding, err)
	}
	if f.Backup, err = time.Parse(time.RFC3339, texts["backup"]); err != nil {
		return f, true, fmt.Errorf("%w: time of the backup: %.40q", ErrFounding, texts["backup"])
	}
	if f.Streams, err = parseByStream(texts["streams"], ParseDecimal); err != nil {
		return f, true, fmt.Errorf("%w: streams: %w", ErrFounding, err)
	}
	if f.Carried, err = parseByStream(texts["carried"], parseRuns); err != nil {
		return f, true, fmt.Errorf("%w: carried: %w", ErrFounding, err)
	}
	return f, true, nil
}

// attrTexts are the text attributes with a prefix, without it.
func attrTexts(e *event.Event, prefix string) map[string]string {
	texts := map[string]string{}
	for i := range e.Attrs {
		if name, ours := strings.CutPrefix(e.Attrs[i].Key, prefix); ours && e.Attrs[i].Value.Kind == event.KindText {
			texts[name] = e.Attrs[i].Value.Text
		}
	}
	return texts
}

// parseByStream reads "stream:value stream:value", the streams rising.
func parseByStream[T any](text string, parse func(string) (T, error)) (map[string]T, error) {
	all := map[string]T{}
	if text == "" {
		return all, nil
	}
	last := ""
	for part := range strings.SplitSeq(text, " ") {
		stream, value, _ := strings.Cut(part, ":")
		if !ValidStream(stream) || stream <= last || value == "" {
			return nil, fmt.Errorf("%.80q", part)
		}
		v, err := parse(value)
		if err != nil {
			return nil, fmt.Errorf("stream %s: %w", stream, err)
		}
		all[stream], last = v, stream
	}
	return all, nil
}

// CutNote leaves out of a signed note the signatures of others than its own log, so
// that it has a place in a founding.
func CutNote(signed string) string {
	if len(signed) <= maxFoundingNote {
		return signed
	}
	text, sigs, _ := strings.Cut(signed, "\n\n")
	origin, _, _ := strings.Cut(text, "\n")
	out := text + "\n\n"
	for line := range strings.Lines(sigs) {
		if strings.HasPrefix(line, "— "+origin+" ") && len(out)+len(line) <= maxFoundingNote {
			out += line
		}
	}
	return out
}
