// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"
)

// Writer writes segment files. It owns the encoder and the buffers, so that one
// Writer that is kept makes little garbage. The zero value is ready; it is used
// by one goroutine.
type Writer struct {
	enc        *zstd.Encoder
	table      *crc32.Table
	out        *bufio.Writer
	offset     int64
	body, comp []byte
	words      filterBuilder
}

// WriteFile writes all rows of b and meta, the caller's own bytes, to path and
// syncs the file; see Writer.WriteFile.
func WriteFile(path string, b *Block, meta []byte) error {
	return new(Writer).WriteFile(path, b.Reader(), meta)
}

// WriteFile writes all rows of r and meta to the file at path, which it creates
// or empties, and returns after fdatasync. The caller gives a temporary name,
// renames and syncs the folder. After an error the file is removed.
func (w *Writer) WriteFile(path string, r Reader, meta []byte) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write segment: %w", err)
	}
	defer func() {
		if closing := f.Close(); err == nil && closing != nil {
			err = fmt.Errorf("write segment %s: %w", path, closing)
		}
		if err != nil {
			_ = os.Remove(path) // a leftover is harmless, it has a temporary name
		}
	}()
	if err := w.prepare(f); err != nil {
		return fmt.Errorf("write segment %s: %w", path, err)
	}
	if err := w.write(r, meta); err != nil {
		return fmt.Errorf("write segment %s: %w", path, err)
	}
	if err := unix.Fdatasync(int(f.Fd())); err != nil {
		return fmt.Errorf("sync segment %s: %w", path, err)
	}
	return nil
}

func (w *Writer) prepare(f *os.File) (err error) {
	w.offset = 0
	if w.out != nil {
		w.out.Reset(f)
		return nil
	}
	w.enc, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return err
	}
	w.table = castagnoli()
	w.out = bufio.NewWriterSize(f, 256<<10)
	return nil
}

func (w *Writer) write(r Reader, meta []byte) error {
	if err := w.put([]byte(magic)); err != nil {
		return err
	}
	r, err := withoutUnique(r)
	if err != nil {
		return err
	}
	f := &footer{rows: r.Rows(), origin: r.Origin(), stream: r.Stream(), meta: meta}
	pages := Pages(r)
	f.bounds = make([]Bounds, pages)
	for page := range pages {
		f.bounds[page] = r.PageBounds(page)
	}
	for c := range numColumns {
		if err := w.column(r, c, &f.columns[c], pages); err != nil {
			return fmt.Errorf("column %s: %w", c, err)
		}
	}
	if err := w.attrs(r, f, pages); err != nil {
		return err
	}
	counts, err := rollup(r)
	if err != nil {
		return err
	}
	if counts != nil {
		w.body = appendRollup(w.body[:0], counts)
		if f.rollup, err = w.store(formRollup, w.body); err != nil {
			return err
		}
	}
	if f.words, err = w.filter(w.words.dicts(r), 1); err != nil {
		return err
	}
	if f.filter, err = w.filter(w.words.pages(r), partsOf(r.Rows(), PartRows)); err != nil {
		return err
	}
	w.body = f.append(w.body[:0])
	tail := binary.LittleEndian.AppendUint32(nil, uint32(len(w.body))) //nolint:gosec // a few KiB
	tail = binary.LittleEndian.AppendUint32(tail, crc32.Checksum(w.body, w.table))
	if len(w.body) > maxFooter {
		return fmt.Errorf("footer of %d bytes, at most %d are possible", len(w.body), maxFooter)
	}
	if err := w.put(w.body); err != nil {
		return err
	}
	if err := w.put(append(tail, magic...)); err != nil {
		return err
	}
	return w.out.Flush()
}

// filter writes the filter of what was gathered of that many parts, if that is of use.
func (w *Writer) filter(gathered error, parts int) (extent, error) {
	if gathered != nil {
		return extent{}, gathered
	}
	body, ok := w.words.build(w.body[:0], parts, w.table)
	if w.body = body; !ok {
		return extent{}, nil
	}
	return w.plain(formFilter, w.body)
}

// attrs writes the attributes' columns but for those without a value.
func (w *Writer) attrs(r Reader, f *footer, pages int) error {
	for _, a := range r.Attrs() {
		used := false
		for page := 0; page < pages && !used; page++ {
			t, err := r.Texts(a.Column, page)
			if err != nil {
				return fmt.Errorf("column attrs.%.60s: %w", a.Key, err)
			}
			used = !t.empty()
		}
		if !used {
			continue
		}
		if err := w.column(r, a.Column, f.attr(a.Key), pages); err != nil {
			return fmt.Errorf("column attrs.%.60s: %w", a.Key, err)
		}
	}
	return nil
}

// column writes the dictionary and the pages of one column.
func (w *Writer) column(r Reader, c Column, col *column, pages int) error {
	if c.isTexts() {
		d, err := r.Dict(c)
		if err != nil {
			return err
		}
		if col.codes = d.Len(); col.codes > 0 {
			w.body = appendDict(w.body[:0], d)
			if col.dict, err = w.store(formDict, w.body); err != nil {
				return err
			}
		}
	}
	for page := range pages {
		x, err := w.page(r, c, page)
		if err != nil {
			return fmt.Errorf("page %d: %w", page, err)
		}
		col.pages.add(x...)
	}
	return nil
}

// page writes a page: one body, or of a raw page one for each part.
func (w *Writer) page(r Reader, c Column, page int) ([]extent, error) {
	if c.isTexts() {
		t, err := r.Texts(c, page)
		if err != nil {
			return nil, err
		}
		return w.texts(&t)
	}
	x, err := w.fixed(r, c, page)
	return []extent{x}, err
}

func (w *Writer) fixed(r Reader, c Column, page int) (extent, error) {
	if c.isInts() {
		values, err := r.Ints(c, page)
		if err != nil {
			return extent{}, err
		}
		w.body = appendInts(w.body[:0], values)
		return w.store(formInts, w.body)
	}
	rows, err := r.Bytes(c, page)
	if err != nil {
		return extent{}, err
	}
	switch c {
	case ColID:
		w.body = appendPlanes(w.body[:0], rows, c.width())
		return w.store(formBytes, w.body)
	case ColLeaf8, ColMAC16: // random
		return w.plain(formBytes, rows)
	default:
		return w.store(formBytes, rows)
	}
}

func (w *Writer) texts(t *Texts) (parts []extent, err error) {
	n := 1
	if t.Raw() {
		n = partsOf(t.rows, PartRows)
	}
	for i := range n {
		part := *t
		if n > 1 {
			part = t.part(i)
		}
		form, code, body := appendTexts(w.body[:0], &part)
		w.body = body
		x := extent{form: form, code: code}
		if form != formConst {
			if x, err = w.store(form, body); err != nil {
				return nil, err
			}
		}
		parts = append(parts, x)
	}
	return parts, nil
}

// store writes a body, compressed when that saves a sixteenth or more.
func (w *Writer) store(form byte, body []byte) (extent, error) {
	if len(body) > 32 && len(body) <= maxBody {
		w.comp = w.enc.EncodeAll(body, w.comp[:0])
		if n := len(w.comp); n < len(body)-len(body)/16 && len(body) <= expandBase+expandFactor*n {
			x, err := w.plain(form|formZstd, w.comp)
			x.raw = uint32(len(body)) //nolint:gosec // compared
			return x, err
		}
	}
	return w.plain(form, body)
}

// plain writes a body as it is.
func (w *Writer) plain(form byte, body []byte) (extent, error) {
	if len(body) > maxBody {
		return extent{}, fmt.Errorf("body of %d bytes, at most %d are possible", len(body), maxBody)
	}
	n := uint32(len(body)) //nolint:gosec // compared
	x := extent{form: form, offset: w.offset, stored: n, raw: n, crc: crc32.Checksum(body, w.table)}
	return x, w.put(body)
}

func (w *Writer) put(b []byte) error {
	n, err := w.out.Write(b)
	w.offset += int64(n)
	return err
}
