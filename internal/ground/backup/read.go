// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Reader is a backup that is open for reading.
type Reader struct {
	f        *os.File
	contents Contents
	places   map[string]int // of the parts
	decoders sync.Pool
	// trusting, in tests, believes bytes without their hashes: the control that
	// must let damage through.
	trusting bool

	mu      sync.Mutex
	checked map[string]bool // parts that were read whole, and are right
}

// Open opens a backup and checks its table of contents. ErrDamaged, or ErrNewer.
func Open(path string) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open backup: %w", err)
	}
	r := &Reader{f: f, places: map[string]int{}, checked: map[string]bool{}}
	if err := r.readContents(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return r, nil
}

// Close closes the file.
func (r *Reader) Close() error {
	if err := r.f.Close(); err != nil {
		return fmt.Errorf("close backup: %w", err)
	}
	return nil
}

// Contents is the table of contents, which the caller must not change.
func (r *Reader) Contents() *Contents { return &r.contents }

// Has tells whether there is a part of that name.
func (r *Reader) Has(name string) bool {
	_, ok := r.places[name]
	return ok
}

// readContents finds the table of contents by the trailer, and checks it.
func (r *Reader) readContents() error {
	info, err := r.f.Stat()
	if err != nil {
		return fmt.Errorf("stat: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() < int64(trailerBytes) {
		return fmt.Errorf("%w: %d bytes are none", ErrDamaged, info.Size())
	}
	var last [trailerBytes]byte
	if _, err := r.f.ReadAt(last[:], info.Size()-int64(trailerBytes)); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	t, err := decodeTrailer(last[:], info.Size())
	if err != nil {
		return err
	}
	stored := make([]byte, t.stored)
	if _, err := r.f.ReadAt(stored, t.offset); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if sha256.Sum256(stored) != t.sum && !r.trusting {
		return fmt.Errorf("%w: its table of contents is not what was written", ErrDamaged)
	}
	raw, err := unpackContents(stored)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &r.contents); err != nil {
		return fmt.Errorf("%w: its table of contents cannot be read: %w", ErrDamaged, err)
	}
	return r.checkContents(t.offset)
}

// checkContents wants parts that can be, one after the other without a gap up to
// the table of contents.
func (r *Reader) checkContents(end int64) error {
	c := &r.contents
	if c.Format != formatName || len(c.Parts) > maxParts {
		return fmt.Errorf("%w: a table of contents of %d parts, of format %.40q", ErrDamaged, len(c.Parts), c.Format)
	}
	at := int64(0)
	for i := range c.Parts {
		p := &c.Parts[i]
		if !validName(p.Name) || r.Has(p.Name) || p.Size < 0 || p.Offset != at || p.Stored <= 0 || p.Stored > end-at || !isSum(p.SHA256) || !isSum(p.StoredSHA256) {
			return fmt.Errorf("%w: entry %d of its table of contents, %.200q", ErrDamaged, i+1, p.Name)
		}
		r.places[p.Name] = i
		at += p.Stored
	}
	if at != end {
		return fmt.Errorf("%w: %d bytes before its table of contents are no part", ErrDamaged, end-at)
	}
	return nil
}

func isSum(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == sha256.Size && hex.EncodeToString(raw) == s
}

// decoder takes a decompressor out of the pool; give puts it back.
func (r *Reader) decoder(in io.Reader) (d *zstd.Decoder, give func(), err error) {
	d, ok := r.decoders.Get().(*zstd.Decoder)
	if ok {
		err = d.Reset(in)
	} else {
		d, err = zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return d, func() {
		if d.Reset(nil) == nil {
			r.decoders.Put(d)
		}
	}, nil
}
