// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"path"
)

// putRest puts what says how the segment files belong together, as the last capture
// had it.
func (b *backup) putRest(c *capture) error {
	for _, s := range c.shelves {
		raw, _ := encodeManifest(s.files, s.pruned, s.number)
		if err := b.putBytes(path.Join(s.dir, "manifest"), raw); err != nil {
			return err
		}
		if s.dir != "" {
			if err := b.putArchive(s); err != nil {
				return err
			}
		}
	}
	for _, p := range []struct {
		name string
		raw  []byte
	}{{formatName, formatFile(FormatVersion)}, {checkpointName, c.checkpoint}, {holdsName, c.holds}, {cosignedName, c.cosigned}, {hlogNames()[0], encodeHeaders(c.headers)}} {
		if len(p.raw) == 0 {
			continue
		}
		if err := b.putBytes(p.name, p.raw); err != nil {
			return err
		}
	}
	if c.head.Batch > 0 {
		if err := b.putBytes("head", c.head.file()); err != nil {
			return err
		}
	}
	for _, f := range c.logs.files {
		if f.end == 0 {
			continue
		}
		if err := b.put(path.Join("wal", f.name), f.end, io.NewSectionReader(f.f, 0, f.end)); err != nil {
			return fmt.Errorf("copy log: %w", err)
		}
	}
	b.sum(c)
	return nil
}

func (b *backup) putBytes(name string, raw []byte) error {
	return b.put(name, int64(len(raw)), bytes.NewReader(raw))
}

// encodeHeaders is the file of the log of headers.
func encodeHeaders(list []logged) []byte {
	b := binary.BigEndian.AppendUint32([]byte(hlogMagic), hlogVersion)
	for i := range list {
		b = list[i].append(b)
	}
	return b
}

// sum counts what the backup holds.
func (b *backup) sum(c *capture) {
	used := map[string]bool{}
	next := map[string]uint64{}
	b.out.Origin = c.logs.origin
	for i := range c.headers {
		h := &c.headers[i].Header
		next[h.Stream] = h.Last() + 1
		b.out.Origin = h.Origin
	}
	for _, f := range c.shelves[0].files {
		for _, at := range f.Ranges {
			if h := &c.headers[at].Header; h.Stream != SystemStream {
				b.out.Events += int64(h.Count - h.Lost)
			}
		}
	}
	for stream := range c.logs.runs {
		n := int64(c.logs.count(stream, max(next[stream], 1), 1<<63)) //nolint:gosec // a count
		b.out.Unsealed += n
		if stream != SystemStream {
			b.out.Events += n
		}
	}
	for _, s := range c.shelves {
		for i := range s.files {
			used[s.part(&s.files[i])] = true
		}
	}
	for part := range b.taken {
		if !used[part] {
			b.out.Unused = append(b.out.Unused, part)
		}
	}
	b.out.Headers, b.out.Checkpoint = uint64(len(c.headers)), string(c.checkpoint)
}
