// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// ArchiveReport is what Verify found of an archive.
type ArchiveReport struct {
	Archive  int    `json:"archive"` // its number
	Origin   string `json:"origin"`
	Total    int64  `json:"total"`
	Verified int64  `json:"verified"`
	Tampered int64  `json:"tampered"`
	Erased   int64  `json:"erased"`
	Pruned   int64  `json:"pruned"`
	MACs     string `json:"macs"`
	// Headers is how many its log has, Checkpoint its own last signature.
	Headers    uint64  `json:"headers"`
	Checkpoint *Anchor `json:"checkpoint,omitempty"`
	// Named says that the journal after it begins with an entry that names it, with
	// this log.
	Named bool `json:"named"`
	// Anchors are checkpoints from outside that it continues.
	Anchors []Anchor `json:"anchors,omitempty"`
	// Witnesses have co-signed a checkpoint that it continues.
	Witnesses []Anchor `json:"witnesses,omitempty"`
	// Keys names what is wrong with its key files, below its folder of keys. They are
	// no evidence.
	Keys []keyring.Finding `json:"keys,omitempty"`
	// Entries names what is wrong, by stream and sequence number of that origin.
	Entries []Finding      `json:"entries,omitempty"`
	Streams []StreamReport `json:"streams"`
}

// Archived is what an archive has beside its files.
type Archived struct {
	// Keys are its origin's; nil leaves its MACs and its checkpoint unchecked. Damage
	// says what is wrong with the files that they came out of.
	Keys   *keyring.Ring
	Damage []keyring.Finding
	// Cosigned are the checkpoints that witnesses have co-signed.
	Cosigned [][]byte
}

// maxLater is how often an archive is checked anew beside a running journal.
const maxLater = 20

// checkArchives verifies the archives, the newest first: what is gone from one has its
// tombstones in the journals after it, and the next of them begins with an entry that
// names it.
func (v *verifier) checkArchives(ctx context.Context) error {
	numbers, err := archiveNumbers(v.dir)
	if err != nil {
		return err
	}
	own, later := &v.tombs, &tombstones{}
	founding := v.tombs.founding
	receipts := v.spreadReceipts()
	for _, n := range slices.Backward(numbers) {
		var a *verifier
		for range maxLater {
			if a, err = v.archive(ctx, n, own, later, founding); err != nil {
				return fmt.Errorf("archive %d: %w", n, err)
			}
			if v.stopped || a.report.clean() {
				break
			}
			// an erasure, or retention, may have gone on meanwhile
			fresh, err := v.ownAgain(ctx)
			if err != nil {
				return err
			}
			if !fresh.moreThan(own) {
				break
			}
			own = fresh
		}
		v.takeArchive(n, a)
		for i, f := range a.report.Receipts {
			receipts[a.elsewhere.at[i]] = f
		}
		for origin, t := range a.tombs.archives {
			later.of(origin).join(t)
		}
		founding = a.tombs.founding
	}
	if founding != nil {
		v.missingArchive(founding)
	}
	slices.Reverse(v.report.Archives)
	v.report.Receipts = receipts
	return nil
}

// clean tells that nothing is wrong.
func (r *Report) clean() bool {
	return r.Tampered == 0 && !slices.ContainsFunc(r.Files, func(f FileFinding) bool { return f.Evidence })
}

// ownAgain reads the journal's own entries once more.
func (v *verifier) ownAgain(ctx context.Context) (*tombstones, error) {
	w := verifier{dir: v.dir, opts: v.opts, stopped: v.stopped, since: math.MaxUint64, streams: map[string]*verified{}}
	w.opts.Anchors, w.opts.Since, w.opts.Receipts, w.opts.Cosigned = nil, nil, nil, nil
	w.report.Origin = v.report.Origin
	if err := w.readCheckpoint(); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{w.readHeaders, w.readListed, w.checkAnchors, w.checkSealed} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return &w.tombs, nil
}

// moreThan tells whether there are tombstones about archives that the others lack.
func (t *tombstones) moreThan(o *tombstones) bool {
	count := func(t *tombstones) (n int) {
		for _, a := range t.archives {
			n += len(a.pruned)
			for _, s := range a.erased {
				n += len(s[0]) + len(s[1])
			}
		}
		return n
	}
	return count(t) > count(o)
}

// archive verifies one archive. own and later are what the journal itself, and the
// archives after this one, say of archives.
func (v *verifier) archive(ctx context.Context, n int, own, later *tombstones, founding *proof.Founding) (*verifier, error) {
	name := archiveName(n)
	dir := filepath.Join(v.dir, filepath.FromSlash(name))
	a := &verifier{dir: dir, opts: v.opts, stopped: v.stopped, closed: true, streams: map[string]*verified{}}
	a.opts.Keys, a.opts.Cosigned, a.opts.Anchors, a.opts.Since, a.opts.Receipts = nil, nil, nil, nil, nil
	a.opts.Trusted = nil // they are of this journal
	if v.opts.Archived != nil {
		given := v.opts.Archived(dir)
		a.opts.Keys, a.opts.Cosigned, a.keyDamage = given.Keys, given.Cosigned, given.Damage
	}
	if a.opts.Keys != nil {
		a.report.Origin = a.opts.Keys.Origin()
	}
	if v.opts.Fetch != nil {
		a.opts.Fetch = func(ctx context.Context, file string) (string, func(), error) {
			return v.opts.Fetch(ctx, name+"/"+file)
		}
	}
	if v.since > 0 {
		a.since = math.MaxUint64 // it was whole when what names it was
	}
	if err := errors.Join(a.readCheckpoint(), a.readHeaders(ctx)); err != nil {
		return nil, err
	}
	if len(a.headers) > 0 && a.report.Origin == "" {
		a.report.Origin = a.headers[0].Header.Origin
	}
	for _, t := range []*tombstones{own, later} {
		if about := t.archives[a.report.Origin]; about != nil {
			a.tombs.join(about)
		}
	}
	for _, raw := range v.elsewhere.anchors {
		if originIn(raw) == a.report.Origin {
			a.opts.Anchors = append(a.opts.Anchors, raw)
		}
	}
	a.elsewhere.at = v.receiptsOf(a)
	if err := a.openReceipts(); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		a.readListed, a.checkHeaders, a.checkAnchors,
		func(context.Context) error { a.checkFounding(founding); return nil },
		a.checkSealed,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	a.checkStreams()
	a.checkReceipts()
	return a, a.checkFormat(true)
}

// checkFounding compares an archive with the entry that names it.
func (v *verifier) checkFounding(f *proof.Founding) {
	log := hlogNames()[0]
	switch {
	case f == nil:
		v.report.file(log, "the journal that came after it does not name it", true)
		return
	case f.Origin != v.report.Origin && v.report.Origin != "":
		v.report.file(log, "the journal that came after it names another one, "+f.Origin, true)
		return
	case uint64(len(v.headers)) != f.Headers || proof.RootOf(v.leaves) != f.Root:
		v.diverge(fmt.Sprintf("it has %d headers, and not the log of %d headers that the journal after it names", len(v.headers), f.Headers))
		v.cutOff(f)
		return
	}
	v.named, v.carried, v.backup = true, f.Carried, f.Backup
	v.vouch(&proof.Checkpoint{Size: f.Headers, Root: f.Root}) // whoever vouches for that entry vouches for all of it
	if f.Checkpoint == "" {
		return
	}
	c, _, err := v.openCheckpoint([]byte(f.Checkpoint))
	if err != nil {
		v.report.file(checkpointName, "the one that the journal after it names is not of its keys: "+cause(err), true)
		return
	}
	if v.continues("the checkpoint that the journal after it names", &c) && (v.checkpoint == nil || *v.checkpoint != c) {
		v.report.file(checkpointName, "is not the one that the journal after it names", false)
	}
}

// cutOff names the entries that an archive had, and that no header of it covers.
func (v *verifier) cutOff(f *proof.Founding) {
	for stream, last := range f.Streams {
		s := v.stream(stream)
		next := v.nextOf(s)
		v.report.find(stream, next, last, Missing)
		if last >= next {
			v.report.Total += int64(last-next) + 1 //nolint:gosec // counts stay far below 2^63
		}
	}
}

// missingArchive names all that was in an archive that is not there.
func (v *verifier) missingArchive(f *proof.Founding) {
	gone := verifier{streams: map[string]*verified{}}
	gone.report.Origin = f.Origin
	gone.report.MACs = gone.macs()
	gone.cutOff(f)
	gone.report.file(hlogNames()[0], "the archive of "+f.Origin+" is not there", true)
	v.takeArchive(1, &gone)
}

// takeArchive adds what was found of an archive to the report.
func (v *verifier) takeArchive(n int, a *verifier) {
	r, from := &v.report, &a.report
	from.conclude(a.forked)
	r.Archives = append(r.Archives, ArchiveReport{
		Archive: n, Origin: from.Origin, Total: from.Total, Verified: from.Verified, Tampered: from.Tampered, Erased: from.Erased, Pruned: from.Pruned,
		MACs: a.macs(), Headers: from.Headers, Checkpoint: from.Checkpoint, Named: a.named, Anchors: from.Anchors, Witnesses: from.Witnesses,
		Keys: a.keyDamage, Entries: from.Entries, Streams: from.Streams,
	})
	r.Total += from.Total
	r.Verified += from.Verified
	r.Tampered += from.Tampered
	r.Erased += from.Erased
	r.Pruned += from.Pruned
	r.Omitted += from.Omitted
	r.Ord = max(r.Ord, from.Ord)
	for _, f := range from.Files {
		r.file(archiveName(n)+"/"+f.File, f.Damage, f.Evidence, f.Entries...)
	}
	v.withMAC += a.withMAC
	v.withoutMAC += a.withoutMAC
	v.forked = v.forked || a.forked
}
