// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// capture is what the files of a journal said at one moment.
type capture struct {
	checkpoint []byte
	head       head
	logs       *capturedLogs
	headers    []logged
	holds      []byte
	cosigned   []byte
	shelves    []*shelf // the journal itself, and its archives
}

// shelf is a folder of segment files with their manifest.
type shelf struct {
	dir    string // below the journal's folder, with slashes; "" is that folder
	files  []listed
	pruned map[string]uint64
	number uint64 // of the manifest's last record
}

// part is the name in a backup of a segment file.
func (s *shelf) part(f *listed) string {
	return path.Join(s.dir, "segments", filepath.ToSlash(f.Name))
}

func (c *capture) close() { c.logs.close() }

// capture reads the files in the one order that is right beside a running journal.
// What the checkpoint covers is in the log of headers afterwards. What was
// acknowledged is in the log of entries, or in that of headers after that. What a
// manifest has dropped or replaced has its tombstone in the log of headers after
// that; what a header covers is in the manifest after that, or still in the log.
func (b *backup) capture() (c *capture, err error) {
	c = &capture{}
	defer func() {
		if err != nil {
			c.close()
			c = nil
		}
	}()
	if c.shelves, err = b.shelves(); err != nil {
		return c, err
	}
	if c.checkpoint, err = b.small(checkpointName); err != nil {
		return c, err
	}
	if c.holds, err = b.small(holdsName); err != nil {
		return c, err
	}
	if c.cosigned, err = b.small(cosignedName); err != nil {
		return c, err
	}
	if c.head, _, err = readHead(b.dir); err != nil {
		return c, err
	}
	if c.logs, err = captureLogs(filepath.Join(b.dir, "wal"), c.head.Batch); err != nil {
		return c, err
	}
	copies, err := readHeaderFiles(b.path)
	if err != nil {
		return c, err
	}
	s := scanHeaders(copies)
	if s.cut {
		return c, fmt.Errorf("%w, after header %d", errHeaderLog, len(s.list))
	}
	c.headers = s.list
	later, err := b.manifest("")
	if err != nil {
		return c, err
	}
	c.shelves[0].addNew(later)
	return c, b.settle(c)
}

func (b *backup) path(names ...string) string {
	return filepath.Join(append([]string{b.dir}, names...)...)
}

// small reads a small file; one that is not there is empty.
func (b *backup) small(name string) ([]byte, error) {
	raw, err := os.ReadFile(b.path(name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return raw, nil
}

// manifest reads the manifest of a shelf.
func (b *backup) manifest(dir string) (*shelf, error) {
	raw, err := readManifest(b.path(filepath.FromSlash(dir), "manifest"))
	if err != nil {
		return nil, err
	}
	m := scanManifest(raw)
	if m.damaged {
		return nil, fmt.Errorf("%w: the manifest is damaged: start the server again, which writes it anew", ErrUnsettled)
	}
	return &shelf{dir: dir, files: m.files, pruned: m.pruned, number: m.number}, nil
}

// addNew takes in the files that a later manifest has and that were sealed since:
// the others may need a tombstone that was not there yet.
func (s *shelf) addNew(later *shelf) {
	named, covered := map[string]bool{}, map[uint64]bool{}
	for i := range s.files {
		named[s.files[i].Name] = true
		for _, at := range s.files[i].Ranges {
			covered[at] = true
		}
	}
	for _, f := range later.files {
		if len(f.Ranges) == 1 && !covered[f.Ranges[0]] && !named[f.Name] && generationOf(f.Name) == 0 {
			s.files = append(s.files, f)
		}
	}
}

// settle checks that each header's range is in a file or gone under a tombstone. The
// last headers may be without a file, where a crash came between: then they are left
// out, and their entries are in the log.
func (b *backup) settle(c *capture) error {
	s := c.shelves[0]
	covered := make([]bool, len(c.headers))
	for i := range s.files {
		for _, at := range s.files[i].Ranges {
			if at >= uint64(len(c.headers)) {
				return fmt.Errorf("%w: the manifest names a range whose header is not in the log", ErrUnsettled)
			}
			covered[at] = true
		}
	}
	cut := len(c.headers)
	for i := range c.headers {
		if h := &c.headers[i].Header; !covered[i] && h.Number > s.pruned[h.Stream] {
			cut = i
			break
		}
	}
	for i := cut; i < len(c.headers); i++ {
		if h := &c.headers[i].Header; uint64(i) < c.signed() || !c.logs.holds(h) {
			return fmt.Errorf("%w: no file has the entries %d to %d of stream %s; if the server does not run, start it once", ErrUnsettled, h.First, h.Last(), h.Stream)
		}
	}
	s.cutOff(uint64(cut))
	c.headers = c.headers[:cut]
	return nil
}

// signed is how many headers the checkpoint covers, as far as it can be read.
func (c *capture) signed() uint64 {
	text, _, _ := strings.Cut(string(c.checkpoint), "\n\n")
	p, err := proof.ParseCheckpoint(text + "\n")
	if err != nil {
		return 0
	}
	return p.Size
}

// cutOff leaves out the files of ranges from that header on.
func (s *shelf) cutOff(at uint64) {
	kept := s.files[:0]
	for _, f := range s.files {
		if f.Ranges[len(f.Ranges)-1] < at {
			kept = append(kept, f)
		}
	}
	s.files = kept
}
