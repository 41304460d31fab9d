// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// Anchor is a checkpoint that the journal was found to continue.
type Anchor struct {
	Headers uint64 `json:"headers"` // that it covers
	Root    string `json:"root"`    // in base64
	// Witness and Time are those of a cosignature.
	Witness string     `json:"witness,omitempty"`
	Time    *time.Time `json:"time,omitempty"`
}

// trusted are the keys that may sign the journal's checkpoints; nil when none are
// known.
func (v *verifier) trusted() note.Verifiers {
	if len(v.opts.Trusted) > 0 {
		return note.VerifierList(v.opts.Trusted...)
	}
	if v.opts.Keys != nil && len(v.opts.Keys.Public()) > 0 {
		return verifiers(v.opts.Keys)
	}
	return nil
}

// readCheckpoint reads the newest checkpoint. It is derived: who changes it only
// makes the journal sign it again; what it says is checked where it is whole.
func (v *verifier) readCheckpoint() error {
	raw, err := os.ReadFile(filepath.Join(v.dir, checkpointName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	c, _, err := v.openCheckpoint(raw)
	if err == nil && !strictNote(raw) {
		err = errLooseNote
	}
	if err != nil {
		v.report.file(checkpointName, "is not what this journal signed: "+cause(err), false)
		return nil
	}
	v.checkpoint = &c
	return nil
}

// openCheckpoint checks a checkpoint's signature, where there is a key, and reads it.
func (v *verifier) openCheckpoint(raw []byte) (proof.Checkpoint, *note.Note, error) {
	keys := v.trusted()
	if keys == nil {
		text, _, _ := strings.Cut(string(raw), "\n\n")
		c, err := proof.ParseCheckpoint(text + "\n")
		return c, nil, err
	}
	c, n, err := proof.OpenCheckpoint(raw, keys)
	if err == nil && v.report.Origin != "" && c.Origin != v.report.Origin {
		err = fmt.Errorf("it is of the journal %s", c.Origin)
	}
	return c, n, err
}

// checkCosigned compares the log of headers with the checkpoints that witnesses have
// co-signed. Each of them is the journal's own word, whoever the witness is; only a
// trusted one's is a memory outside.
func (v *verifier) checkCosigned() {
	for _, raw := range v.opts.Cosigned {
		c, n, err := v.openCheckpoint(raw)
		switch {
		case err != nil:
			v.report.file(cosignedName, "holds what is not signed by this journal: "+cause(err), false)
		case n == nil: // nobody's signature was checked
		case v.continues("a checkpoint that was co-signed", &c):
			v.cosigned(raw, &c)
		}
	}
}

// cosigned notes the trusted witnesses that have signed a checkpoint.
func (v *verifier) cosigned(raw []byte, c *proof.Checkpoint) {
	for _, w := range v.opts.Witnesses {
		signed, err := note.Open(raw, note.VerifierList(w))
		if err != nil {
			continue
		}
		at, err := proof.CosignatureTime(signed.Sigs[0])
		if err != nil {
			continue // the journal's own key is no witness
		}
		a := v.anchor(c)
		a.Witness, a.Time = w.Name(), &at
		v.report.Witnesses = append(v.report.Witnesses, a)
	}
}

func (v *verifier) anchor(c *proof.Checkpoint) Anchor {
	return Anchor{Headers: c.Size, Root: rootText(&c.Root)}
}

// readHeaders reads the log of headers as it is now.
func (v *verifier) readHeaders(context.Context) error {
	copies, err := readHeaderFiles(func(name ...string) string { return filepath.Join(append([]string{v.dir}, name...)...) })
	if err != nil {
		return err
	}
	if len(copies[0])+len(copies[1]) == 0 {
		return nil
	}
	s := scanHeaders(copies)
	v.headers, v.badCopies = s.list, s.bad
	if s.cut {
		v.report.file(hlogNames()[0], fmt.Sprintf("unreadable in both copies after header %d", len(s.list)), true)
	}
	v.leaves = make([]hash, len(s.list))
	for _, name := range v.streams {
		name.indexes = nil
	}
	for i := range s.list {
		h := &s.list[i].Header
		v.leaves[i] = h.Leaf()
		st := v.stream(h.Stream)
		st.indexes = append(st.indexes, i)
	}
	v.ranges = make([]checked, len(s.list))
	return nil
}

// checkHeaders checks that the headers of each stream continue each other and were
// made with the journal's keys.
func (v *verifier) checkHeaders(context.Context) error {
	for i, bad := range v.badCopies {
		if bad && v.stopped {
			v.report.file(hlogNames()[i], "differs from its other copy, or from what it must be", false)
		}
	}
	v.report.Headers = uint64(len(v.headers))
	last := map[string]int{}
	for i := range v.headers {
		h := &v.headers[i].Header
		if v.report.Origin == "" {
			v.report.Origin = h.Origin
		}
		problem := ""
		if p, ok := last[h.Stream]; ok {
			q := &v.headers[p].Header
			if h.Previous != v.leaves[p] || h.Number != q.Number+1 || h.First != q.Last()+1 {
				problem = "header does not continue the one before it"
			}
		} else if h.Previous != (hash{}) {
			problem = "header does not continue the one before it"
		}
		if h.Origin != v.report.Origin {
			problem = "header of another journal"
		}
		if key := v.key(h.Stream, h.Epoch, h.Ratchet); problem == "" && key != nil && headerMAC(h, key) != v.headers[i].MAC {
			problem = "header's MAC is wrong"
		}
		if problem != "" {
			v.report.file(hlogNames()[0], problem, true, rangeOf(h))
		}
		last[h.Stream] = i
	}
	return nil
}

// checkAnchors compares the log of headers with every checkpoint that is known.
func (v *verifier) checkAnchors(context.Context) error {
	if v.checkpoint == nil && len(v.headers) > 0 && v.stopped && v.trusted() != nil {
		v.report.file(checkpointName, "there is none of the log of headers", false)
	}
	if v.checkpoint != nil {
		v.report.Checkpoint = &Anchor{Headers: v.checkpoint.Size, Root: rootText(&v.checkpoint.Root)}
		v.continues("the journal's own checkpoint", v.checkpoint)
	}
	if v.opts.Signed != nil && v.opts.Keys != nil { // what is wrong with it is told of the key files
		if c, _, err := proof.OpenCheckpoint(v.opts.Signed, verifiers(v.opts.Keys)); err == nil {
			v.continues("the newest checkpoint that its keys have signed", &c)
		}
	}
	v.checkCosigned()
	anchors := v.opts.Anchors
	if v.opts.Since != nil {
		anchors = append(slices.Clip(anchors), v.opts.Since)
	}
	for i, raw := range anchors {
		c, n, err := v.openCheckpoint(raw)
		if err != nil {
			return fmt.Errorf("the checkpoint that was given: %w", err)
		}
		if !v.continues("the checkpoint that was given", &c) {
			continue
		}
		a := v.anchor(&c)
		if n == nil { // nobody's signature was checked
			v.report.Unsigned = append(v.report.Unsigned, a)
			continue
		}
		v.report.Anchors = append(v.report.Anchors, a)
		if v.opts.Since != nil && i == len(anchors)-1 {
			v.since = c.Size
		}
	}
	return nil
}

// continues tells whether the log of headers has the tree of a checkpoint, and
// names what is missing when it has not.
func (v *verifier) continues(what string, c *proof.Checkpoint) bool {
	have := uint64(len(v.headers))
	switch {
	case c.Size > have && !v.stopped && !v.closed && what == "the journal's own checkpoint":
		return true // it is read before the headers: cannot be, and costs nothing
	case c.Size > have:
		v.ahead = max(v.ahead, c.Size-have)
		v.diverge(fmt.Sprintf("%s covers %d headers, the log has %d", what, c.Size, have))
		for name, s := range v.streams {
			if name != SystemStream { // what follows the last entry of each is gone
				v.report.Diverged = append(v.report.Diverged, event.Range{Stream: name, First: v.nextOf(s)})
			}
		}
		return false
	case proof.RootOf(v.leaves[:c.Size]) != c.Root:
		v.diverge(fmt.Sprintf("%s has another root over the first %d headers", what, c.Size))
		for i := range c.Size {
			v.report.Diverged = append(v.report.Diverged, rangeOf(&v.headers[i].Header))
		}
		return false
	}
	v.vouch(c)
	return true
}

// nextOf is the sequence number after the last one that a header names.
func (v *verifier) nextOf(s *verified) uint64 {
	if n := len(s.indexes); n > 0 {
		return v.headers[s.indexes[n-1]].Header.Last() + 1
	}
	return 1
}

func (v *verifier) diverge(why string) {
	v.report.file(hlogNames()[0], why, true)
	v.forked = true
}
