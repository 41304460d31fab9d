// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// File is a segment file that is open for reading. It implements Reader; pages
// are read when they are asked for, and kept in the cache.
type File struct {
	path   string
	id     uint64
	in     io.ReaderAt
	closer io.Closer
	size   int64
	cache  *Cache
	table  *crc32.Table
	footer *footer
	bounds Bounds
	erased func(row int) event.SlotSet
}

// OpenFile opens a file and reads its footer. A nil cache keeps no page. Errors
// about the content wrap ErrCorrupt and name the file.
func OpenFile(path string, cache *Cache) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	info, err := in.Stat()
	if err == nil {
		var f *File
		if f, err = newFile(path, in, info.Size(), cache); err == nil {
			f.closer = in
			return f, nil
		}
	}
	_ = in.Close() // nothing was written
	return nil, fmt.Errorf("open segment %s: %w", path, err)
}

func newFile(path string, in io.ReaderAt, size int64, cache *Cache) (*File, error) {
	if cache == nil {
		var err error
		if cache, err = NewCache(0); err != nil {
			return nil, err
		}
	}
	f := &File{path: path, in: in, size: size, cache: cache, table: castagnoli(), id: cache.files.Add(1)}
	if size < int64(magicSize+trailerSize) {
		return nil, fmt.Errorf("%d bytes: %w", size, ErrCorrupt)
	}
	var head [magicSize]byte
	var tail [trailerSize]byte
	if _, err := in.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	if _, err := in.ReadAt(tail[:], size-int64(trailerSize)); err != nil {
		return nil, err
	}
	version, err := checkMagic(head[:], tail[8:])
	if err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	limit := size - int64(trailerSize) - length
	if length > maxFooter || limit < int64(magicSize) {
		return nil, fmt.Errorf("footer of %d bytes: %w", length, ErrCorrupt)
	}
	b := make([]byte, length)
	if _, err := in.ReadAt(b, limit); err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	if crc32.Checksum(b, f.table) != binary.LittleEndian.Uint32(tail[4:]) {
		return nil, fmt.Errorf("footer: wrong checksum: %w", ErrCorrupt)
	}
	if f.footer, err = parseFooter(b, limit, version); err != nil {
		return nil, err
	}
	f.footer.size = length
	for page, bounds := range f.footer.bounds {
		f.bounds.union(bounds, page == 0)
	}
	return f, nil
}

// checkMagic returns the version that the magic at both ends of a file names. One that
// is not read is no damage when both name it.
func checkMagic(head, tail []byte) (version int, err error) {
	version = versionOf(head)
	switch {
	case version == 0 || version != versionOf(tail):
		return 0, fmt.Errorf("not a segment file: %w", ErrCorrupt)
	case version != formatVersion && version != version2:
		return 0, fmt.Errorf("%w: the file has version %d, this program reads versions %d and %d", ErrVersion, version, version2, formatVersion)
	default:
		return version, nil
	}
}

// Close closes the file and forgets its pages. What was read stays valid. It
// must not be called while a method runs; it may be called again.
func (f *File) Close() error {
	f.cache.drop(f.id)
	if f.closer == nil {
		return nil
	}
	closer := f.closer
	f.closer = nil
	if err := closer.Close(); err != nil {
		return fmt.Errorf("close segment: %w", err)
	}
	return nil
}

// Path is the name that the file was opened by.
func (f *File) Path() string { return f.path }

// Size is the file's size in bytes.
func (f *File) Size() int64 { return f.size }

// Footer is the size of the file's own description in bytes.
func (f *File) Footer() int64 { return f.footer.size }

// Meta returns the bytes that the file's writer was given.
func (f *File) Meta() []byte { return f.footer.meta }

// Erased sets what tells which slots of a row an erasure has emptied; nil for none.
// It is called before the file is read, and may then be called by many at once. The
// columns do not hold it: their owner's meta does, beside the commitments that stand
// in the slots' place, and a second copy could only differ from it.
func (f *File) Erased(of func(row int) event.SlotSet) { f.erased = of }

// Rows is the number of rows.
func (f *File) Rows() int { return f.footer.rows }

// Bounds covers all rows.
func (f *File) Bounds() Bounds { return f.bounds }

// PageBounds covers the rows of one page.
func (f *File) PageBounds(page int) Bounds {
	if page < 0 || page >= len(f.footer.bounds) {
		return Bounds{}
	}
	return f.footer.bounds[page]
}

// Origin is the journal's origin.
func (f *File) Origin() string { return f.footer.origin }

// Stream is the rows' stream.
func (f *File) Stream() string { return f.footer.stream }

// Event overwrites dst with the event of a row.
func (f *File) Event(row int, dst *event.Event) error {
	rows := NewRows(f)
	rows.Few(true)
	if err := rows.Event(row, dst); err != nil {
		return f.wrap(err)
	}
	return nil
}

// Integrity returns the first bytes of the leaf hash and the MAC of a row.
func (f *File) Integrity(row int) (leaf8 [8]byte, mac16 [16]byte, err error) {
	if leaf8, mac16, err = NewRows(f).Integrity(row); err != nil {
		err = f.wrap(err)
	}
	return leaf8, mac16, err
}

// Ints returns a page of a column of numbers.
func (f *File) Ints(c Column, page int) ([]int64, error) {
	p, err := f.page(c, page, c.isInts())
	if err != nil {
		return nil, err
	}
	return p.ints, nil
}

// Bytes returns a page of a column of bytes.
func (f *File) Bytes(c Column, page int) ([]byte, error) {
	p, err := f.page(c, page, c.isBytes())
	if err != nil {
		return nil, err
	}
	return p.bytes, nil
}

// Attrs are the attributes that have a column.
func (f *File) Attrs() []Attr { return f.footer.keys }

// Dict returns the dictionary of a text column.
func (f *File) Dict(c Column) (Dict, error) {
	col := f.footer.column(c)
	if !c.isTexts() || col == nil {
		return Dict{}, f.wrap(fmt.Errorf("dictionary of column %s: %w", c, ErrRange))
	}
	if col.dict.form == formNone {
		return Dict{}, nil
	}
	p, err := f.read(pageKey{f.id, c, dictPage}, &col.dict, func(p *cachedPage, form byte, body []byte) (ok bool) {
		p.dict, ok = decodeDict(body, col.codes)
		return ok && form == formDict
	})
	if err != nil {
		return Dict{}, f.wrap(fmt.Errorf("column %s, dictionary: %w", f.footer.name(c), err))
	}
	return p.dict, nil
}

// Rollup returns the counts that the writer made, nil when it made none.
func (f *File) Rollup() (*Rollup, error) {
	x := &f.footer.rollup
	if x.form == formNone {
		return nil, nil //nolint:nilnil // as Reader says
	}
	p, err := f.read(pageKey{f.id, 0, rollupPage}, x, func(p *cachedPage, form byte, body []byte) (ok bool) {
		columns := &f.footer.columns
		p.rollup, ok = decodeRollup(body, f.footer.rows, columns[ColSource].codes, columns[ColCategory].codes)
		return ok && form == formRollup
	})
	if err != nil {
		return nil, f.wrap(fmt.Errorf("rollup: %w", err))
	}
	return p.rollup, nil
}

// page returns a decoded page from the cache or the file.
func (f *File) page(c Column, page int, fits bool) (*cachedPage, error) {
	col := f.footer.column(c)
	if !fits || col == nil || page < 0 || page >= len(f.footer.bounds) {
		return nil, f.wrap(fmt.Errorf("column %s, page %d: %w", c, page, ErrRange))
	}
	rows := pageLen(f.footer.rows, page)
	p, err := f.read(pageKey{f.id, c, int16(page)}, col.pages.page(page), func(p *cachedPage, form byte, body []byte) (ok bool) { //nolint:gosec // below maxPages
		switch {
		case c.isInts():
			p.ints, ok = decodeInts(body, rows)
			return ok && form == formInts
		case c.isBytes():
			if p.bytes = body; c == ColID {
				p.bytes = decodePlanes(body, c.width())
			}
			return len(body) == rows*c.width() && form == formBytes
		default:
			p.texts, ok = decodeTexts(form, body, rows, max(col.codes, int(CodeFirst)))
			return ok
		}
	})
	if err != nil {
		return nil, f.wrap(fmt.Errorf("column %s, page %d: %w", f.footer.name(c), page, err))
	}
	return p, nil
}

// read returns the decoded body of an extent and keeps it in the cache. decode
// may keep body; it says false when the body is none of its form.
func (f *File) read(key pageKey, x *extent, decode func(p *cachedPage, form byte, body []byte) bool) (*cachedPage, error) {
	if p := f.cache.get(key); p != nil {
		return p, nil
	}
	if x.none() {
		return nil, ErrCorrupt
	}
	body, err := f.body(x)
	if err != nil {
		return nil, err
	}
	p := &cachedPage{}
	if !decode(p, x.form&^formZstd, body) {
		return nil, ErrCorrupt
	}
	f.cache.put(key, p)
	return p, nil
}

// body reads, checks and unpacks a body; the caller owns what it returns.
func (f *File) body(x *extent) ([]byte, error) { return f.unpack(make([]byte, 0, x.raw), x) }

// unpack is body into dst, which is empty and has room for it.
func (f *File) unpack(dst []byte, x *extent) ([]byte, error) {
	if x.form&formZstd == 0 {
		dst = dst[:x.stored]
		return dst, f.stored(dst, x)
	}
	buffer := f.cache.buffer(int(x.stored))
	defer f.cache.give(buffer)
	if err := f.stored(*buffer, x); err != nil {
		return nil, err
	}
	b, err := f.cache.decoder.DecodeAll(*buffer, dst)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if len(b) != int(x.raw) {
		return nil, fmt.Errorf("%d bytes, not %d: %w", len(b), x.raw, ErrCorrupt)
	}
	return b, nil
}

// stored reads a body as it lies in the file, and checks it.
func (f *File) stored(b []byte, x *extent) error {
	if err := f.readAt(b, x.offset); err != nil {
		return err
	}
	if crc32.Checksum(b, f.table) != x.crc {
		return fmt.Errorf("wrong checksum at %d: %w", x.offset, ErrCorrupt)
	}
	return nil
}

func (f *File) readAt(b []byte, at int64) error {
	if _, err := f.in.ReadAt(b, at); errors.Is(err, io.EOF) {
		return fmt.Errorf("cut off before %d: %w", at+int64(len(b)), ErrCorrupt)
	} else if err != nil {
		return fmt.Errorf("read at %d: %w", at, err)
	}
	return nil
}

func (f *File) wrap(err error) error { return fmt.Errorf("segment %s: %w", f.path, err) }

var _ Reader = (*File)(nil)
