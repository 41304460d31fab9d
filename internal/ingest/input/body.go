// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// The limits of one request body.
const (
	// MaxBody is the most that is read of a body as it is sent.
	MaxBody = 10 << 20
	// MaxExpanded is the most that a compressed body may become, and MaxRatio
	// how many times its size; up to FreeExpanded the ratio does not matter, for
	// small bodies of much the same lines are honest.
	MaxExpanded  = 100 << 20
	MaxRatio     = 20
	FreeExpanded = 64 << 10
	// DefaultBodies is the memory for all bodies that are being read or recorded.
	DefaultBodies = 256 << 20
	// maxWindow is the largest window of a zstd frame: what encoders use.
	maxWindow = 8 << 20
	// firstRead is read at once; a longer body gets more room as it arrives.
	firstRead = 64 << 10
	// stepTime is how long a sender may take for each of these steps, of which
	// the largest is three quarters of MaxBody.
	stepTime = time.Minute
)

// Why a body is refused.
var (
	errTooLarge = errors.New("too large")
	errEncoding = errors.New("content encoding is not supported: use gzip, deflate, zstd or none")
	errGarbled  = errors.New("the body cannot be read")
	errTimeout  = errors.New("the body did not arrive in time")
)

// Bodies reads request bodies within one budget of memory. It is safe for
// concurrent use.
type Bodies struct {
	room  *semaphore.Weighted
	gzips sync.Pool // of *gzip.Reader
	zstds sync.Pool // of *zstd.Decoder
}

// NewBodies returns a reader of bodies with a budget in bytes; 0 means
// DefaultBodies. A budget below 32 MiB refuses larger bodies.
func NewBodies(budget int64) *Bodies {
	if budget <= 0 {
		budget = DefaultBodies
	}
	return &Bodies{room: semaphore.NewWeighted(budget)}
}

// Body is a request body that has been read and expanded. It is never reused:
// its bytes belong to the events that are read from it.
type Body struct {
	Bytes []byte
	lease lease
}

// Release gives the body's share of the budget back, after its events are
// recorded or refused.
func (b *Body) Release() { b.lease.free() }

// lease is a share of the budget that grows.
type lease struct {
	room *semaphore.Weighted
	held int64
}

// grow makes the share n bytes large.
func (l *lease) grow(n int64) error {
	if more := n - l.held; more > 0 {
		if !l.room.TryAcquire(more) {
			return &pipeline.RefusedError{Err: pipeline.ErrBusy, After: time.Second}
		}
		l.held = n
	}
	return nil
}

func (l *lease) free() {
	if l.held > 0 {
		l.room.Release(l.held)
		l.held = 0
	}
}

// Read reads and expands the request's body. The buffer grows as data arrives,
// so that a sender holds no more than four times of what it has sent.
func (b *Bodies) Read(w http.ResponseWriter, r *http.Request) (*Body, error) {
	if r.ContentLength > MaxBody {
		return nil, fmt.Errorf("%w: a body of %d bytes, at most %d are allowed", errTooLarge, r.ContentLength, MaxBody)
	}
	src := &bodyReader{
		in: http.MaxBytesReader(w, r.Body, MaxBody), size: r.ContentLength, control: http.NewResponseController(w),
	}
	body := &Body{lease: lease{room: b.room}}
	var err error
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		body.Bytes, err = fill(src, src, r.ContentLength, &body.lease, nil)
	case "gzip", "x-gzip":
		body.Bytes, err = b.gunzip(src, &body.lease)
	case "deflate":
		body.Bytes, err = inflate(src, &body.lease)
	case "zstd":
		body.Bytes, err = b.unzstd(src, &body.lease)
	default:
		err = errEncoding
	}
	if err != nil {
		body.Release()
		return nil, src.explain(err)
	}
	_ = src.control.SetReadDeadline(time.Time{}) // the answer may take longer
	return body, nil
}

// bodyReader counts what is read of a body as it is sent.
type bodyReader struct {
	in      io.Reader
	size    int64 // as declared, -1 when not
	read    int64
	control *http.ResponseController
	err     error
}

// Read implements io.Reader.
func (s *bodyReader) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	s.read += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// extend gives the sender time for a further step. Servers that know no
// deadlines have none.
func (s *bodyReader) extend() { _ = s.control.SetReadDeadline(time.Now().Add(stepTime)) }

// allowed is how large the body may become when expanded.
func (s *bodyReader) allowed(int) int64 {
	return min(MaxExpanded, max(FreeExpanded, MaxRatio*max(s.size, s.read)))
}

// explain finds the reason behind an error of a reader.
func (s *bodyReader) explain(err error) error {
	var large *http.MaxBytesError
	var slow interface{ Timeout() bool }
	switch {
	case errors.As(s.err, &large):
		return fmt.Errorf("%w: a body of more than %d bytes", errTooLarge, MaxBody)
	case errors.As(s.err, &slow) && slow.Timeout():
		return errTimeout
	case s.err != nil:
		return fmt.Errorf("%w: it ends after %d bytes", errGarbled, s.read)
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("%w: zstd: %w", errTooLarge, err)
	case errors.Is(err, errTooLarge), errors.Is(err, errEncoding), errors.Is(err, pipeline.ErrBusy):
		return err
	default:
		return fmt.Errorf("%w: %w", errGarbled, err)
	}
}

func (b *Bodies) gunzip(src *bodyReader, l *lease) ([]byte, error) {
	src.extend()
	z, _ := b.gzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer b.gzips.Put(z)
	if err := z.Reset(src); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return fill(z, src, -1, l, src.allowed)
}

// inflate reads deflate as RFC 9110 means it: with the header of zlib.
func inflate(src *bodyReader, l *lease) ([]byte, error) {
	src.extend()
	z, err := zlib.NewReader(src)
	if err != nil {
		return nil, fmt.Errorf("deflate: %w", err)
	}
	return fill(z, src, -1, l, src.allowed)
}

func (b *Bodies) unzstd(src *bodyReader, l *lease) ([]byte, error) {
	src.extend()
	window := int64(maxWindow)
	if src.size >= 0 {
		window = min(window, max(FreeExpanded, MaxRatio*src.size))
	}
	work := lease{room: l.room}
	if err := work.grow(window); err != nil {
		return nil, err
	}
	defer work.free()
	z, _ := b.zstds.Get().(*zstd.Decoder)
	if z == nil {
		var err error
		z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(MaxExpanded+1))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
	}
	defer func() {
		if z.Reset(nil) == nil {
			b.zstds.Put(z)
		}
	}()
	if err := z.Reset(src); err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return fill(z, src, -1, l, src.allowed)
}

// fill reads all of from, which is size bytes long (-1: not known), into a
// buffer that is no larger than it has to be in the end. allowed, where given,
// is asked before the buffer grows and after each read.
func fill(from io.Reader, src *bodyReader, size int64, l *lease, allowed func(int) int64) ([]byte, error) {
	room := int64(firstRead)
	if size >= 0 {
		room = min(room, size)
	}
	if err := l.grow(room); err != nil {
		return nil, err
	}
	src.extend()
	buf := make([]byte, 0, room)
	for {
		if size >= 0 && int64(len(buf)) == size {
			return buf, nil
		}
		if len(buf) == cap(buf) {
			next := 4 * int64(cap(buf))
			if size >= 0 {
				next = min(next, size)
			}
			if allowed != nil {
				next = min(next, allowed(len(buf))+1)
			}
			if err := l.grow(next); err != nil {
				return nil, err
			}
			src.extend()
			grown := make([]byte, len(buf), max(next, int64(len(buf))+1))
			copy(grown, buf)
			buf = grown
		}
		n, err := from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if allowed != nil && int64(len(buf)) > allowed(len(buf)) {
			return nil, fmt.Errorf("%w: the body expands to more than %d times its size or %d bytes", errTooLarge, MaxRatio, MaxExpanded)
		}
		switch {
		case errors.Is(err, io.EOF):
			if size >= 0 && int64(len(buf)) < size {
				return nil, io.ErrUnexpectedEOF
			}
			if cap(buf) > len(buf)+len(buf)/4 {
				buf = bytes.Clone(buf)
			}
			return buf, nil
		case err != nil:
			return nil, err
		}
	}
}
