// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Extract writes a part to w and checks it: an error says that what was written
// must not be used. ErrMissing, or ErrDamaged with the part's name.
func (r *Reader) Extract(ctx context.Context, name string, w io.Writer) error {
	i, ok := r.places[name]
	if !ok {
		return fmt.Errorf("%w: %.200q", ErrMissing, name)
	}
	p := &r.contents.Parts[i]
	stored := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(io.NewSectionReader(r.f, p.Offset, p.Stored), stored), 64<<10)
	d, give, err := r.decoder(in)
	if err != nil {
		return fmt.Errorf("part %s: %w", name, err)
	}
	defer give()
	content := sha256.New()
	err = unpack(d, p, io.MultiWriter(stopping{ctx, w}, content))
	if failed, ok := errors.AsType[*writeError](err); ok {
		return fmt.Errorf("part %s: %w", name, failed.err)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, in) // bytes that the decompressor had no use for
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w: part %s: %w", ErrDamaged, name, err)
	case r.trusting:
	case hex.EncodeToString(stored.Sum(nil)) != p.StoredSHA256:
		return fmt.Errorf("%w: part %s: its bytes are not what was written", ErrDamaged, name)
	case hex.EncodeToString(content.Sum(nil)) != p.SHA256:
		return fmt.Errorf("%w: part %s: its content is not what was written", ErrDamaged, name)
	}
	r.mu.Lock()
	r.checked[name] = true
	r.mu.Unlock()
	return nil
}

// Read returns a part of at most that many bytes.
func (r *Reader) Read(ctx context.Context, name string, most int64) ([]byte, error) {
	i, ok := r.places[name]
	if ok && r.contents.Parts[i].Size > most {
		return nil, fmt.Errorf("%w: part %s: %d bytes, at most %d can be", ErrDamaged, name, r.contents.Parts[i].Size, most)
	}
	var b bytes.Buffer
	err := r.Extract(ctx, name, &b)
	return b.Bytes(), err
}

// CheckRest reads every part that was not read yet.
func (r *Reader) CheckRest(ctx context.Context) error {
	for i := range r.contents.Parts {
		name := r.contents.Parts[i].Name
		r.mu.Lock()
		done := r.checked[name]
		r.mu.Unlock()
		if done {
			continue
		}
		if err := r.Extract(ctx, name, io.Discard); err != nil {
			return err
		}
	}
	return nil
}

// unpack reads the one tar member of a frame.
func unpack(d io.Reader, p *Part, w io.Writer) error {
	t := tar.NewReader(d)
	h, err := t.Next()
	if err != nil {
		return fmt.Errorf("its header: %w", err)
	}
	if h.Name != p.Name || h.Size != p.Size || h.Typeflag != tar.TypeReg {
		return fmt.Errorf("it is %.200q with %d bytes", h.Name, h.Size)
	}
	if n, err := io.Copy(w, t); err != nil || n != p.Size { //nolint:gosec // G110: a member gives no more than its size, which is the part's
		return errors.Join(err, fmt.Errorf("%d of %d bytes can be read", n, p.Size))
	}
	const most = 3 * 512 // its padding, and the end of the archive
	n, err := io.Copy(io.Discard, io.LimitReader(d, most+1))
	if err != nil {
		return fmt.Errorf("behind it: %w", err)
	}
	if n > most {
		return errors.New("more follows it in its frame")
	}
	return nil
}

// unpackContents reads the table of contents out of its frame.
func unpackContents(stored []byte) ([]byte, error) {
	d, err := zstd.NewReader(bytes.NewReader(stored), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer d.Close()
	t := tar.NewReader(d)
	h, err := t.Next()
	if err != nil || h.Name != contentsName || h.Size > maxContents {
		return nil, fmt.Errorf("%w: its table of contents cannot be read: %w", ErrDamaged, err)
	}
	raw, err := io.ReadAll(io.LimitReader(t, maxContents))
	if err != nil {
		return nil, fmt.Errorf("%w: its table of contents cannot be read: %w", ErrDamaged, err)
	}
	return raw, nil
}

// stopping is a writer that stops when its context ends, and whose errors can be
// told from those of reading.
type stopping struct {
	ctx context.Context //nolint:containedctx // of one call
	w   io.Writer
}

type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }

func (s stopping) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, &writeError{err}
	}
	n, err := s.w.Write(b)
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}
