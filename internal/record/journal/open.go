// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/sync/semaphore"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// ErrForeign says that the folder's journal was written with other keys.
var ErrForeign = errors.New("journal belongs to other keys")

// Exists tells whether the folder holds a journal, so that missing keys are an
// error and not a first start.
func Exists(dir string) bool {
	for _, name := range [...]string{"head", "manifest", "LOCK", "headers", "headers.copy", checkpointName} {
		if _, err := os.Stat(dir + string(os.PathSeparator) + name); err == nil {
			return true
		}
	}
	return false
}

// Open takes the folder's lock, recovers what the log and the segment files hold,
// and returns a journal that can be read; Run makes it write. Damage does not keep
// it from opening: what is hidden by it is logged, and Verify names it.
func Open(ctx context.Context, opts Options) (*Journal, error) {
	opts.fill()
	if opts.Keys == nil {
		return nil, errors.New("open journal: no keys")
	}
	if err := CheckFormat(opts.Dir); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{
		opts: opts, log: opts.Logger,
		queue: semaphore.NewWeighted(opts.QueueBytes),
		kick:  make(chan struct{}, 1),

		damages: segment.NewDamages(opts.Damaged),
	}
	j.life, j.end = context.WithCancel(context.WithoutCancel(ctx))
	j.order.streams = map[string]*stream{}
	j.tail.limit = 2 * opts.TailBytes
	j.ring.wakeup = make(chan struct{})
	j.seal.kick = make(chan struct{}, 1)
	for _, dir := range [...]string{"", "wal", "segments", "quarantine"} {
		if err := os.MkdirAll(j.path(dir), 0o700); err != nil {
			return nil, fmt.Errorf("open journal: %w", err)
		}
	}
	var err error
	if j.lock, err = takeLock(opts.Dir); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if err := j.openFiles(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", opts.Dir, err), j.Close())
	}
	return j, nil
}

func (j *Journal) openFiles(ctx context.Context) error {
	for _, dir := range [...]string{filepath.Dir(filepath.Clean(j.opts.Dir)), j.opts.Dir} {
		if err := j.opts.disk.syncDir(dir); err != nil {
			return err
		}
	}
	if err := j.openFormat(ctx, j.opts.Dir); err != nil {
		return err
	}
	var err error
	if j.seal.pages, err = segment.NewCache(j.opts.PageBytes); err != nil {
		return fmt.Errorf("page cache: %w", err)
	}
	if j.seal.once, err = segment.NewCache(0); err != nil {
		return fmt.Errorf("page cache: %w", err)
	}
	if err := j.openHolds(ctx); err != nil {
		return err
	}
	list, err := j.openEvidence(ctx)
	if err != nil {
		return err
	}
	if err := j.openManifest(ctx, list); err != nil {
		return err
	}
	rec := recovery{j: j, streams: map[string]*recovered{}}
	if rec.ord, rec.events, err = j.openArchives(ctx); err != nil {
		return err
	}
	rec.meet(list)
	if err := rec.run(ctx); err != nil {
		return err
	}
	if err := j.lock.raise(max(rec.boot, rec.head.Boot)); err != nil {
		return err
	}
	j.wal.boot = j.lock.boot
	if rec.badHead {
		if err := mendHead(j.opts.disk, j.opts.Dir, &rec.head); err != nil {
			return err
		}
	}
	if j.head, err = openHead(j.opts.disk, j.opts.Dir); err != nil {
		return err
	}
	j.forgetSealed(ctx)
	if err := j.mendDerived(ctx); err != nil {
		return err
	}
	j.ring.start(j.opts.RingBytes, rec.events)
	return nil
}

// openManifest reads the manifest and opens the files it names. A manifest with
// damage is written anew with what can still be read; adopt adds the rest.
func (j *Journal) openManifest(ctx context.Context, list []logged) error {
	m := &j.seal.manifest
	m.disk, m.path = j.opts.disk, j.path("manifest")
	raw, err := readManifest(m.path)
	if err != nil {
		return err
	}
	c := scanManifest(raw)
	for i := range c.files {
		if n := len(c.files[i].Ranges); c.files[i].Ranges[n-1] >= uint64(len(list)) {
			j.log.ErrorContext(ctx, "manifest names a range whose header is not in the log", "file", c.files[i].Name)
			c.damaged = true
			continue
		}
		s := &sealedFile{listed: c.files[i]}
		for _, at := range s.Ranges {
			s.add(&list[at].Header)
		}
		j.openListed(s)
		j.view.sealed = append(j.view.sealed, s)
		m.files = append(m.files, s.listed)
	}
	if c.damaged {
		j.log.WarnContext(ctx, "manifest is damaged; it is written anew from what is whole and from the segment files", "files", len(m.files))
	}
	doubtful, err := j.doubtful()
	if err != nil {
		return err
	}
	if c.damaged || c.torn || len(raw) == 0 || doubtful {
		return j.rewriteManifest(ctx, &c)
	}
	if m.f, err = m.disk.open(m.path); err != nil {
		return fmt.Errorf("open manifest: %w", err)
	}
	m.at, m.number, m.count, m.pruned = int64(c.end), c.number, c.count, c.pruned
	return nil
}

// rewriteManifest puts the list of files right and writes it anew. A record at its
// end that is not whole was never acknowledged, or was damaged: either way the files
// that are there tell what counts. The records' numbers go on above all that was ever
// given, so that no file name is given twice.
func (j *Journal) rewriteManifest(ctx context.Context, c *scannedManifest) error {
	highest, err := j.rebuild(ctx, !c.damaged && !c.torn)
	if err != nil {
		return err
	}
	m := &j.seal.manifest
	m.files = nil
	for _, s := range j.view.sealed {
		m.files = append(m.files, s.listed)
	}
	return m.rewrite(m.files, c.pruned, max(c.number, highest)+1)
}

// openListed makes a file readable, as far as it is.
func (j *Journal) openListed(s *sealedFile) {
	if s.Name == "" {
		return
	}
	path := filepath.Join(j.segments(s.home), s.Name)
	f, err := segment.OpenFile(path, j.seal.pages)
	if err == nil {
		f.Erased(erasedRows(f))
		s.file = f
		return
	}
	s.lost = segment.NewLost(path, s.stream, s.rows, s.bounds(), fmt.Errorf("entries %d to %d: %w", s.first, s.last, err))
	for page := range segment.Pages(s.lost) {
		j.damages.Page(s.lost, page, s.lost.Err())
	}
}

// bounds are those of a file that cannot be opened, as far as its headers have
// them: of the ids nothing is known.
func (s *coverage) bounds() segment.Bounds {
	return segment.Bounds{
		MinTime: s.minTime, MaxTime: s.maxTime, MinReceived: s.minReceived, MaxReceived: s.maxReceived,
		MinMillis: math.MinInt64, MaxMillis: math.MaxInt64, MinOrd: s.minOrd, MaxOrd: s.maxOrd, MinSeq: s.first, MaxSeq: s.last,
	}
}
