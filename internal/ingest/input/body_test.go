// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// A bomb is refused after little more than what is allowed was made of it.
func TestBombsAreRefusedWithLittleMemory(t *testing.T) { // not parallel: it measures memory
	const bomb = 64 << 20
	zeros := make([]byte, bomb)
	twice := gzipped(t, zeros)
	url := serve(t, "http", newSink(t).env("http")) + "/api/siem/events"
	for name, c := range map[string]struct {
		body     []byte
		encoding string
	}{
		"gzip":             {gzipped(t, zeros), "gzip"},
		"gzip, two of one": {append(bytes.Clone(twice), twice...), "gzip"},
		"zstd":             {zstded(t, zeros), "zstd"},
		"zstd, a stream": {func() []byte {
			var b bytes.Buffer
			z, err := zstd.NewWriter(&b)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := z.Write(zeros); err != nil || z.Close() != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}(), "zstd"},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		got := post(t, url, c.body, "Content-Encoding: "+c.encoding, "Content-Type: application/json")
		runtime.ReadMemStats(&after)
		if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(string(got.body), "too large") {
			t.Errorf("%s of %d bytes: %d %s", name, len(c.body), got.status, got.body)
		}
		// What a request of that size may become, all buffers on the way to it,
		// and the window of zstd.
		allowed := uint64(max(FreeExpanded, MaxRatio*len(c.body)))
		if used := after.TotalAlloc - before.TotalAlloc; used > 2*allowed+maxWindow+4<<20 {
			t.Errorf("%s of %d bytes: %d bytes of memory, %d are allowed", name, len(c.body), used, allowed)
		}
	}
}

func TestHonestBodiesExpand(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	url := serve(t, "http", s.env("http")) + "/api/siem/events"
	small := []byte("[" + strings.Repeat(`{"message":"the same line again and again"},`, 1000) + `{}]`)
	for _, body := range [][]byte{gzipped(t, small), zstded(t, small)} {
		encoding := "gzip"
		if body[0] != 0x1f {
			encoding = "zstd"
		}
		if got := post(t, url, body, "Content-Encoding: "+encoding); got.status != http.StatusOK {
			t.Errorf("%s, %d bytes of %d: %d %s", encoding, len(body), len(small), got.status, got.body)
		}
	}
}

func TestBodiesAreReadIntoBuffersOfTheirSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, firstRead - 1, firstRead, firstRead + 1, 5 * firstRead, 1 << 20, MaxBody} {
		for _, length := range []int64{int64(size), -1} {
			b := NewBodies(0)
			r := httptest.NewRequest(http.MethodPost, "/", io.NopCloser(bytes.NewReader(bytes.Repeat([]byte("x"), size))))
			r.ContentLength = length
			body, err := b.Read(httptest.NewRecorder(), r)
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			if len(body.Bytes) != size || cap(body.Bytes) > size+size/4+16 {
				t.Errorf("%d bytes: read %d into %d", size, len(body.Bytes), cap(body.Bytes))
			}
			if length >= 0 && body.lease.held != int64(size) {
				t.Errorf("%d bytes: %d are counted", size, body.lease.held)
			}
			body.Release()
			body.Release()
			if !b.room.TryAcquire(DefaultBodies) {
				t.Errorf("%d bytes: the budget is not given back", size)
			}
		}
	}
	b := NewBodies(0)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("abc"))
	r.ContentLength = 4
	if _, err := b.Read(httptest.NewRecorder(), r); err == nil || !b.room.TryAcquire(DefaultBodies) {
		t.Errorf("a body that ends early: %v", err)
	}
	r = httptest.NewRequest(http.MethodPost, "/", io.LimitReader(zeros{}, MaxBody+1))
	r.ContentLength = -1
	if _, err := NewBodies(0).Read(httptest.NewRecorder(), r); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a body without a length: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A sender that has sent little holds little, whatever it has announced.
func TestSlowSendersHoldLittle(t *testing.T) {
	t.Parallel()
	b := NewBodies(0)
	in, out := io.Pipe()
	r := httptest.NewRequest(http.MethodPost, "/", in)
	r.ContentLength = MaxBody
	done := make(chan error)
	go func() {
		_, err := b.Read(httptest.NewRecorder(), r)
		done <- err
	}()
	if _, err := out.Write(make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if !b.room.TryAcquire(DefaultBodies - firstRead) {
		t.Errorf("a sender of 1,000 bytes holds more than %d", firstRead)
	}
	_ = out.CloseWithError(io.ErrUnexpectedEOF)
	if err := <-done; err == nil {
		t.Error("no error")
	}
}

// A sender that stops in the middle does not keep a server without time limits.
func TestTheBodysDeadlineIsSetAndTakenBack(t *testing.T) {
	t.Parallel()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, 10*firstRead)))
	if _, err := NewBodies(0).Read(w, r); err != nil {
		t.Fatal(err)
	}
	if n := len(w.set); n < 3 || !w.set[n-1].IsZero() || time.Until(w.set[0]) < stepTime/2 {
		t.Errorf("deadlines %v", w.set)
	}
	w = &deadlines{ResponseRecorder: httptest.NewRecorder()}
	r = httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("{"), failing{timeout{}}))
	r.ContentLength = 10
	if _, err := NewBodies(0).Read(w, r); err == nil {
		t.Error("no error")
	} else if status, _ := statusOf(err); status != http.StatusRequestTimeout {
		t.Errorf("%d for %v", status, err)
	}
}

type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type timeout struct{}

func (timeout) Error() string { return "i/o timeout" }
func (timeout) Timeout() bool { return true }
