// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// BundleOptions are what a reader of a bundle wants beside its keys.
type BundleOptions struct {
	// Show gets every entry that is proven, in order, read from its canonical bytes
	// alone; a slot that is not open is empty. e is reused after the call. An error
	// ends the check.
	Show func(e *event.Event, slots [event.Slots]SlotState) error
	// Witnesses are the witnesses that the reader knows.
	Witnesses []note.Verifier
	// Older is a checkpoint of the same log that the reader holds, or nil.
	Older *Checkpoint
	// Receipts are compared with what the bundle proves.
	Receipts []Receipt
}

// bundleCheck is the state of a check: what the lines so far have proven.
type bundleCheck struct {
	in     *bundleReader
	o      *BundleOptions
	report *BundleReport
	log    Checkpoint // that all paths lead to

	proven   bool // the current header is
	leaf     Hash // of the current header
	ord      uint64
	previous provenRange

	tombs    bundleTombstones
	claims   bundleClaims
	receipts receiptCheck
	event    event.Event
}

// CheckBundle reads a bundle and tells what it proves to whoever trusts the keys:
// the signature of the checkpoint by one of them or a successor, every header's
// path to it, every entry's leaf from its canonical bytes and its path, their order
// and bounds, tombstones, and the claims to be complete. It needs no secret, and
// memory for one line, the tombstones and the head.
//
// What is found wrong is in the report. The error says that nothing could be
// checked: r or Show failed, a key is malformed, there are too many tombstones, or
// these bytes are no bundle of this version (ErrNoBundle).
func CheckBundle(r io.Reader, trusted []string, o BundleOptions) (BundleReport, error) {
	report := BundleReport{Status: BundleInvalid, Complete: CompleteNotProven}
	if _, err := Chain(trusted, nil); err != nil {
		return report, fmt.Errorf("check bundle: %w", err)
	}
	in, err := openBundle(r)
	if err != nil {
		return report, fmt.Errorf("check bundle: %w", err)
	}
	c := &bundleCheck{in: in, o: &o, report: &report}
	if err := c.run(trusted); err != nil {
		return report, fmt.Errorf("check bundle: %w", err)
	}
	return report, nil
}

// run goes through the whole bundle. Only errors that are not about what is in it
// are returned.
func (c *bundleCheck) run(trusted []string) error {
	r := c.report
	h, err := c.in.head()
	if err == nil {
		r.Origin, r.Created, r.Query, r.From, r.To = h.Origin, h.Created, h.Query, h.From, h.To
		err = c.head(h, trusted)
	}
	if err != nil {
		r.Why = "its checkpoint is not proven"
		return c.structural(err)
	}
	c.claims.start(h.Complete)
	if err := c.structural(c.body()); err != nil {
		return err
	}
	c.finish()
	return nil
}

// structural puts an error about the bundle into the report; others are returned.
func (c *bundleCheck) structural(err error) error {
	if err == nil || !errors.Is(err, ErrBundle) {
		return err
	}
	c.report.find(&c.report.Failures, BundleFinding{Verdict: BundleInvalid, Why: err.Error()})
	return nil
}

// knownKeys are the journal's keys and the witnesses.
type knownKeys []note.Verifiers

// Verifier implements note.Verifiers.
func (k knownKeys) Verifier(name string, hash uint32) (v note.Verifier, err error) {
	for _, some := range k {
		var unknown *note.UnknownVerifierError
		if v, err = some.Verifier(name, hash); err == nil || !errors.As(err, &unknown) {
			return v, err
		}
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

// head checks the checkpoint and what goes with it. Errors about the bundle wrap
// ErrBundle.
func (c *bundleCheck) head(h *BundleHead, trusted []string) error {
	statements := make([][]byte, len(h.Statements))
	for i := range statements {
		statements[i] = []byte(h.Statements[i])
	}
	chain, err := Chain(trusted, statements)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBundle, err)
	}
	log, n, err := OpenCheckpoint([]byte(h.Checkpoint), knownKeys{chain, note.VerifierList(c.o.Witnesses...)})
	if err != nil {
		return fmt.Errorf("%w: %w%s", ErrBundle, err, wantedKey(h, trusted))
	}
	if log.Origin != h.Origin {
		return fmt.Errorf("%w: the checkpoint is of %s, the bundle of %s", ErrBundle, log.Origin, h.Origin)
	}
	c.log = log
	c.report.Size, c.report.Root = log.Size, base64.StdEncoding.EncodeToString(log.Root[:])
	for _, s := range n.Sigs {
		if _, err := chain.Verifier(s.Name, s.Hash); err == nil {
			c.report.Signers = append(c.report.Signers, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
			continue
		}
		w := BundleWitness{Name: s.Name}
		if at, err := CosignatureTime(s); err == nil {
			w.Time = at
		}
		c.report.Witnesses = append(c.report.Witnesses, w)
	}
	if len(c.report.Signers) == 0 { // a witness may be called like the log
		return fmt.Errorf("%w: no trusted key signed the checkpoint", ErrBundle)
	}
	c.receipts.start(log.Origin, c.o.Receipts, chain)
	return c.older(h.Consistency)
}

// wantedKey says which key would prove a bundle whose checkpoint none of the keys has
// signed. A journal that was restored from a backup has another key than before.
func wantedKey(h *BundleHead, trusted []string) string {
	var names []string
	for _, vkey := range trusted {
		if v, err := NewVerifier(vkey); err == nil && !slices.Contains(names, v.Name()) {
			names = append(names, v.Name())
		}
	}
	if slices.Contains(names, h.Origin) {
		return ""
	}
	return fmt.Sprintf("; it takes the public key of %s, and the keys that were given are of %s", h.Origin, strings.Join(names, ", "))
}

// older compares with the checkpoint that the reader holds.
func (c *bundleCheck) older(k *BundleConsistency) error {
	if k != nil {
		if err := CheckConsistency(k.Size, c.log.Size, k.Root, c.log.Root, k.Path); err != nil {
			return fmt.Errorf("%w: %w", ErrBundle, err)
		}
	}
	o := c.o.Older
	if o == nil {
		return nil
	}
	if o.Origin != c.log.Origin {
		return fmt.Errorf("the checkpoint to compare with is of %s, the bundle of %s", o.Origin, c.log.Origin)
	}
	root, known := c.log.Root, o.Size == c.log.Size
	if k != nil && k.Size == o.Size {
		root, known = k.Root, true
	}
	c.report.Older = CompleteNotProven
	switch {
	case o.Size == 0 || known && o.Root == root:
		c.report.Older = CompleteProven
	case known: // two roots for one size
		c.report.Status = BundleDiverged
		c.report.find(&c.report.Failures, BundleFinding{Verdict: BundleDiverged, Why: fmt.Sprintf("the log of %d headers is another one than that of the checkpoint to compare with", o.Size)})
	}
	return nil
}

// body goes through the lines behind the head.
func (c *bundleCheck) body() error {
	for {
		it, err := c.in.item()
		if err != nil {
			return err
		}
		switch {
		case it.header:
			c.header(it.path)
		case it.entry != nil:
			err = c.entry(it.entry)
		case it.lost != nil:
			c.lost(it.lost.I, it.lost.Path)
		case it.pruned != nil:
			c.pruned(it.pruned)
		case it.end:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fail names all entries of the current range.
func (c *bundleCheck) fail(verdict, why string) {
	h := &c.in.order.header
	c.report.find(&c.report.Failures, BundleFinding{Stream: h.Stream, First: h.First, Last: h.Last(), Verdict: verdict, Why: why})
}

// provenRange is the range before the current one, zero when it is not proven.
type provenRange struct {
	stream       string
	number, last uint64
	leaf         Hash
}

// header takes the next range. Of one that is not proven nothing is believed.
func (c *bundleCheck) header(path []Hash) {
	h, index := &c.in.order.header, c.in.order.index
	before := c.previous
	c.leaf, c.proven, c.ord, c.previous = h.Leaf(), false, 0, provenRange{}
	follows := before.stream == h.Stream && before.number+1 == h.Number
	switch {
	case h.Origin != c.log.Origin:
		c.fail("ALTERED", fmt.Sprintf("header %d is of the log %.60q", index, h.Origin))
	case CheckInclusion(c.leaf, index, c.log.Size, path, c.log.Root) != nil:
		c.fail("ALTERED", fmt.Sprintf("header %d is not in the log of the checkpoint", index))
	case follows && (h.Previous != before.leaf || h.First != before.last+1),
		h.Number == 1 && (h.First != 1 || h.Previous != Hash{}):
		c.fail("REORDERED", fmt.Sprintf("header %d does not continue the one before", index))
	default:
		c.proven = true
		c.previous = provenRange{h.Stream, h.Number, h.Last(), c.leaf}
	}
}

// pruned takes the current range as gone.
func (c *bundleCheck) pruned(p *prunedLine) {
	h := &c.in.order.header
	if !c.proven {
		return
	}
	if why := c.tombs.prunes(p.Tombstone, h, &c.leaf); why != "" {
		c.fail("MISSING", why)
		return
	}
	c.report.find(&c.report.Notices, BundleFinding{
		Stream: h.Stream, First: h.First, Last: h.Last(), Verdict: "PRUNED", Why: fmt.Sprintf("by entry %d of stream %s", p.Tombstone, SystemStream),
	})
	c.claims.take(h.Stream, h.First, h.Last(), false)
	c.receipts.prune(h.Stream, h.First, h.Last())
}

// finish draws the conclusions.
func (c *bundleCheck) finish() {
	r := c.report
	r.BundleCounts = c.in.order.counts
	c.claims.finish(r)
	r.Receipts = c.receipts.finish()
	switch {
	case r.Status == BundleDiverged:
	case len(r.Failures) > 0:
		r.Status = BundleInvalid
	case len(r.Witnesses) > 0:
		r.Status = BundleWitnessed
	default:
		r.Status = BundleValid
	}
	if r.Status == BundleInvalid && r.Complete == CompleteProven {
		r.Complete, r.Why = CompleteNotProven, "the bundle is not valid"
	}
}
