// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"sort"
)

// archive is a journal that is over, whose data this one goes on to hold: a restore
// never continues an origin, for that would be a second history of it. Its headers,
// checkpoint and MAC roots do not change any more. Its segment files are read like
// the journal's own, lose what an erasure takes, and are dropped by retention; merge
// leaves them alone.
//
//	origins/<n>/headers, headers.copy, checkpoint, manifest, segments/…, keys/…
//
// The first entry of the journal that came after it says what it is (proof.Founding).
type archive struct {
	number int
	dir    string // whole
	origin string // "" when its log of headers is empty or cannot be read
	list   []logged
	leaves []hash
	offs   []int64                  // where each header is in its log
	lasts  []uint64                 // of each range, the sequence number of its last entry
	places map[string][]headerPlace // of each stream, by the number of the range
	next   map[string]uint64        // of each stream, the sequence number after the last

	manifest manifest // the sealer's
}

// openArchives opens what lies in origins. It returns the highest ord that they have,
// of all entries and of those that are not the journals' own.
func (j *Journal) openArchives(ctx context.Context) (ord, events uint64, err error) {
	numbers, err := archiveNumbers(j.opts.Dir)
	if err != nil {
		return 0, 0, err
	}
	for _, n := range numbers {
		a := &archive{number: n, dir: j.path(filepath.FromSlash(archiveName(n))), places: map[string][]headerPlace{}, next: map[string]uint64{}}
		if err := errors.Join(j.openFormat(ctx, a.dir), j.openArchive(ctx, a)); err != nil {
			return 0, 0, fmt.Errorf("archive %d: %w", n, err)
		}
		j.archives = append(j.archives, a)
		for i := range a.list {
			h := &a.list[i].Header
			ord = max(ord, h.LastOrd)
			if h.Stream != SystemStream {
				events = max(events, h.LastOrd)
			}
		}
		a.list = nil // what is needed of it is read again
	}
	return ord, events, nil
}

// openArchive reads the headers and the manifest of an archive, mends what can be
// mended and makes its files readable.
func (j *Journal) openArchive(ctx context.Context, a *archive) error {
	if err := a.readHeaders(ctx, j); err != nil {
		return err
	}
	raw, err := readManifest(filepath.Join(a.dir, "manifest"))
	if err != nil {
		return err
	}
	c := scanManifest(raw)
	m := &a.manifest
	m.disk, m.path = j.opts.disk, filepath.Join(a.dir, "manifest")
	var files []*sealedFile
	for i := range c.files {
		s := &sealedFile{listed: c.files[i], home: a}
		if !a.cover(s) {
			j.log.ErrorContext(ctx, "manifest of an archive names a range whose header is not in its log", "archive", a.number, "file", s.Name)
			c.damaged = true
			continue
		}
		files = append(files, s)
	}
	sound := !c.damaged && !c.torn && len(raw) > 0
	files, highest, err := j.loose(ctx, a, files, c.pruned, sound)
	if err != nil {
		return err
	}
	for _, s := range files {
		j.openListed(s)
		m.files = append(m.files, s.listed)
	}
	j.view.archived = append(j.view.archived, files...)
	same := slices.EqualFunc(m.files, c.files, func(a, b listed) bool { return a.key() == b.key() })
	if !sound || !same { // a file may have come in the place of one that is gone
		j.log.WarnContext(ctx, "manifest of an archive is written anew", "archive", a.number, "files", len(files))
		return m.rewrite(m.files, c.pruned, max(c.number, highest)+1)
	}
	if m.f, err = m.disk.open(m.path); err != nil {
		return fmt.Errorf("open manifest: %w", err)
	}
	m.at, m.number, m.count, m.pruned = int64(c.end), c.number, c.count, c.pruned
	return nil
}

// readHeaders reads the log of headers, and heals a copy from the other.
func (a *archive) readHeaders(ctx context.Context, j *Journal) error {
	path := func(names ...string) string { return filepath.Join(append([]string{a.dir}, names...)...) }
	copies, err := readHeaderFiles(path)
	if err != nil {
		return err
	}
	s := scanHeaders(copies)
	if s.cut {
		j.log.ErrorContext(ctx, "log of headers of an archive is damaged in both copies; what follows is not readable", "archive", a.number, "headers", len(s.list))
	}
	for i, name := range hlogNames() {
		if !s.bad[i] || s.cut {
			continue
		}
		level := slog.LevelWarn
		if len(copies[i]) == 0 {
			level = slog.LevelInfo // a backup has one of them
		}
		j.log.Log(ctx, level, "a copy of an archive's log of headers is written anew from the other", "archive", a.number, "file", name)
		if err := replaceFile(j.opts.disk, path(name), encodeHeaders(s.list)); err != nil {
			return fmt.Errorf("heal log of headers: %w", err)
		}
	}
	a.list, a.offs = s.list, s.offs
	for i := range s.list {
		h := &s.list[i].Header
		a.origin = h.Origin
		a.leaves, a.lasts = append(a.leaves, h.Leaf()), append(a.lasts, h.Last())
		a.places[h.Stream] = append(a.places[h.Stream], headerPlace{h.Number, uint64(i)})
		a.next[h.Stream] = h.Last() + 1
	}
	return nil
}

// cover sets what the headers of a listed file's ranges say; false when the log does
// not have them.
func (a *archive) cover(s *sealedFile) bool {
	for _, at := range s.Ranges {
		if at >= uint64(len(a.list)) {
			return false
		}
		s.add(&a.list[at].Header)
	}
	return true
}

// indexOf is where the archive's log has the header of a range.
func (a *archive) indexOf(stream string, number uint64) (uint64, bool) {
	list := a.places[stream]
	i := sort.Search(len(list), func(i int) bool { return list[i].number >= number })
	if i == len(list) || list[i].number != number {
		return 0, false
	}
	return list[i].index, true
}

// segments is the folder of segment files of an archive, nil for the journal itself.
func (j *Journal) segments(a *archive) string {
	if a == nil {
		return j.path("segments")
	}
	return filepath.Join(a.dir, "segments")
}

// manifestOf lists the files of an archive, nil for the journal itself.
func (j *Journal) manifestOf(a *archive) *manifest {
	if a == nil {
		return &j.seal.manifest
	}
	return &a.manifest
}

// place orders archives, and the journal itself behind them.
func (a *archive) place() int {
	if a == nil {
		return math.MaxInt
	}
	return a.number
}

// manifests are the journal's and those of its archives.
func (j *Journal) manifests() []*manifest {
	all := []*manifest{&j.seal.manifest}
	for _, a := range j.archives {
		all = append(all, &a.manifest)
	}
	return all
}

// foreign is the origin of an archive, "" for the journal itself.
func (a *archive) foreign() string {
	if a == nil {
		return ""
	}
	return a.origin
}

// ArchivedOrigin is the journal that an archive was.
type ArchivedOrigin struct {
	Archive int // its number
	Origin  string
	Dir     string // its folder
}

// Archives are the journals that this one stands on, the oldest first. They do not
// change while it is open.
func (j *Journal) Archives() (all []ArchivedOrigin) {
	for _, a := range j.archives {
		all = append(all, ArchivedOrigin{a.number, a.origin, a.dir})
	}
	return all
}

// closeArchives closes the manifests of the archives.
func (j *Journal) closeArchives() (err error) {
	for _, a := range j.archives {
		if e := a.manifest.close(); e != nil {
			err = e
		}
	}
	return err
}
