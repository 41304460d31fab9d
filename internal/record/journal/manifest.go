// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"slices"
)

// The manifest is a file of numbered records, each atomic: u32 length of body |
// u32 CRC-32C of length and body | body. It says which segment files count, and
// which headers of the log each of them holds the ranges of. It is derived: the log
// of headers and the segment files are enough to write it anew.
const (
	manifestMagic   = "TCSNMANI"
	manifestVersion = 2
	manifestHead    = 8 + 4 + 8 // magic, version, number of the record before the first
	recordHead      = 4 + 4
	maxRecord       = 16 << 20
	// compactFactor and compactRoom say when a manifest is written anew without
	// the records of files that are gone.
	compactFactor = 4
	compactRoom   = 1024
)

// scannedManifest is what a manifest's bytes say.
type scannedManifest struct {
	files  []listed // that count, in the order of their records
	pruned map[string]uint64
	number uint64 // of the last record
	end    int    // where the last whole record ends, when only whole ones come before it
	count  int    // of records
	// damaged: records follow a bad place; torn: the file ends within a record.
	damaged, torn bool
}

// scanManifest reads records as far as they can be.
func scanManifest(raw []byte) scannedManifest {
	var s scannedManifest
	if len(raw) < manifestHead || string(raw[:8]) != manifestMagic || binary.BigEndian.Uint32(raw[8:]) != manifestVersion {
		s.damaged = len(raw) > 0
	} else {
		s.number = binary.BigEndian.Uint64(raw[12:])
	}
	off := manifestHead
	s.end = off
	for off < len(raw) {
		r, size, ok := recordAt(raw[off:])
		if !ok {
			next := off + 1
			for next < len(raw) {
				if _, _, ok := recordAt(raw[next:]); ok {
					break
				}
				next++
			}
			if next < len(raw) || s.damaged {
				s.damaged = true
			} else {
				s.torn = !allZero(raw[off:])
			}
			off = next
			continue
		}
		off += size
		if !s.damaged {
			s.damaged = r.Number != s.number+1 || !s.applies(&r)
			s.end = off
		}
		s.apply(&r)
		s.number = max(s.number, r.Number)
		s.count++
	}
	return s
}

// applies tells whether the files that a record takes away are there.
func (s *scannedManifest) applies(r *record) bool {
	for _, name := range r.Old {
		if !slices.ContainsFunc(s.files, func(f listed) bool { return f.Name == name }) {
			return false
		}
	}
	return true
}

func (s *scannedManifest) apply(r *record) {
	s.files = slices.DeleteFunc(s.files, func(f listed) bool {
		if f.Name == "" {
			return r.Change == changeDrop && slices.Contains(r.Ranges, f.Ranges[0])
		}
		return slices.Contains(r.Old, f.Name)
	})
	if r.Change != changeDrop {
		s.files = append(s.files, r.listed)
		return
	}
	if s.pruned == nil {
		s.pruned = map[string]uint64{}
	}
	s.pruned[r.Stream] = max(s.pruned[r.Stream], r.UpTo)
}
