// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// raws are the recorded records in order of their text.
func (s *sink) raws() []string {
	var all []string
	for _, e := range s.all() {
		all = append(all, e.Raw)
	}
	slices.Sort(all)
	return all
}

func zlibbed(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(body); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// chunksOf cuts a message into n chunks.
func chunksOf(id string, message []byte, n int) (chunks [][]byte) {
	size := (len(message) + n - 1) / n
	for i := range n {
		part := message[min(i*size, len(message)):min((i+1)*size, len(message))]
		chunks = append(chunks, append([]byte("\x1e\x0f"+id+string([]byte{byte(i), byte(n)})), part...))
	}
	return chunks
}

func TestGELFUDP(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := open(t, "gelf_udp", s.env("gelf"), func(c *GELFUDP) { c.Listen, c.Source = "127.0.0.1:0", "shop" })
	stop := run(t, in)
	conn := dial(t, "udp", in.Stats().Address)
	long := []byte(`{"n":4,"x":"` + strings.Repeat("x", 10_000) + `"}`)
	bomb := gzipped(t, make([]byte, event.MaxEventBytes+1))
	write(t, conn, `{"n":1}`, string(gzipped(t, []byte(`{"n":2}`))), string(zlibbed(t, []byte(`{"n":3}`))), string(bomb), string(gzipped(t, []byte(`{"n":5}`))[:12]))
	chunks := chunksOf("aaaaaaaa", long, 10)
	slices.Reverse(chunks)
	for _, c := range append(chunks[:9:9], chunks[0], chunks[9]) {
		write(t, conn, string(c))
	}
	for _, c := range chunksOf("bbbbbbbb", gzipped(t, []byte(`{"n":6}`)), 3) {
		write(t, conn, string(c))
	}
	write(t, conn, string(chunksOf("cccccccc", long, 2)[1]), "\x1e\x0fdddddddd\x05\x05x", "\x1e\x0f")
	s.waitFor(t, 5)
	stop()
	if diff := cmp.Diff([]string{`{"n":1}`, `{"n":2}`, `{"n":3}`, string(long), `{"n":6}`}, s.raws()); diff != "" {
		t.Error(diff)
	}
	for _, e := range s.all() {
		if e.Sender != "gelf:127.0.0.1" || e.Source != "shop" {
			t.Errorf("%+v", e)
		}
	}
	// the bomb, the cut gzip, the message without its first chunk, and two that are no chunks
	if got := in.Stats(); got.Broken != 5 || got.Repeated != 1 || got.DroppedQueue != 0 || got.Received != 5 {
		t.Errorf("%+v", got)
	}
}

func TestAssembler(t *testing.T) {
	t.Parallel()
	peer := netip.MustParseAddrPort("192.0.2.1:1000")
	now := time.Unix(1, 0)
	t.Run("a message whose time is over", func(t *testing.T) {
		t.Parallel()
		a := newAssembler()
		chunks := chunksOf("aaaaaaaa", []byte("hello"), 2)
		a.add(peer, chunks[0], now)
		if got := a.add(peer, chunks[1], now.Add(gelfWindow)); got != nil || a.incomplete.Load() != 1 {
			t.Errorf("%q, %d incomplete", got, a.incomplete.Load())
		}
		if got := a.add(peer, chunks[0], now.Add(gelfWindow)); string(got) != "hello" {
			t.Errorf("%q", got)
		}
	})
	t.Run("one id of two senders", func(t *testing.T) {
		t.Parallel()
		a := newAssembler()
		other := netip.MustParseAddrPort("192.0.2.2:1000")
		one, two := chunksOf("aaaaaaaa", []byte("1234"), 2), chunksOf("aaaaaaaa", []byte("abcd"), 2)
		a.add(peer, one[0], now)
		a.add(other, two[0], now)
		if got := string(a.add(peer, one[1], now)) + string(a.add(other, two[1], now)); got != "1234abcd" {
			t.Error(got)
		}
	})
	t.Run("another count of one message", func(t *testing.T) {
		t.Parallel()
		a := newAssembler()
		a.add(peer, chunksOf("aaaaaaaa", []byte("1234"), 2)[0], now)
		if got := a.add(peer, chunksOf("aaaaaaaa", []byte("1234"), 3)[1], now); got != nil || a.malformed.Load() != 1 {
			t.Errorf("%q, %d malformed", got, a.malformed.Load())
		}
	})
	t.Run("bounds", func(t *testing.T) {
		t.Parallel()
		a := newAssembler()
		flood := bytes.Repeat([]byte("x"), 8000)
		for n := range 3 * gelfOpen {
			from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n % 20)}), 1)
			a.add(from, append(fmt.Appendf(nil, "\x1e\x0f%08d\x00\x02", n), flood...), now)
			if len(a.messages) > gelfOpen || a.size > gelfMemory || a.peers[from.Addr()] > gelfOpenPerPeer {
				t.Fatalf("%d messages, %d bytes, %d of one peer", len(a.messages), a.size, a.peers[from.Addr()])
			}
		}
		if a.refused.Load() == 0 || uint64(len(a.messages))+a.refused.Load() != 3*gelfOpen {
			t.Errorf("%d open, %d refused", len(a.messages), a.refused.Load())
		}
		a.end()
		if got := a.add(peer, chunksOf("aaaaaaaa", []byte("x"), 1)[0], now); string(got) != "x" || a.size != 0 || len(a.peers) != 0 {
			t.Errorf("%q, %d bytes, %d peers after the end", got, a.size, len(a.peers))
		}
		big := chunksOf("bbbbbbbb", make([]byte, gelfPacked+10), 128)
		for _, c := range big {
			if a.add(peer, c, now) != nil {
				t.Error("a message over the limit came through")
			}
		}
	})
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte("\x1e\x0faaaaaaaa\x00\x02x"), []byte("\x1e\x0faaaaaaaa\x01\x02y"))
	f.Add([]byte("\x1e\x0faaaaaaaa\x00\x01x"), gzipped(f, []byte("{}")))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		a, peer := newAssembler(), netip.AddrPort{}
		var u unpacker
		for n, data := range [][]byte{one, two, one, two} {
			whole := data
			if chunk(data) {
				whole = a.add(peer, data, time.Unix(int64(n), 0))
			}
			if open, err := u.unpack(whole); err == nil && len(open) > max(event.MaxEventBytes, len(whole)) {
				t.Fatalf("%d bytes", len(open))
			}
		}
		a.end()
		if a.size != 0 {
			t.Fatal(a.size)
		}
	})
}

func TestGELFTCP(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := open(t, "gelf_tcp", s.env("gelf"), func(c *GELFTCP) { c.Listen = "127.0.0.1:0" })
	run(t, in)
	conn := dial(t, "tcp", in.Stats().Address)
	write(t, conn, "{\"n\":1}\x00{\"n\"", ":2}\x00\x00\n\x00", strings.Repeat("x", event.MaxEventBytes+5000), "xx\x00{\"n\":3}\x00{\"n\":4}")
	if c, ok := conn.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	s.waitFor(t, 4)
	if diff := cmp.Diff([]string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`}, s.raws()); diff != "" {
		t.Error(diff)
	}
	if got := in.Stats(); got.Cut != 1 || s.all()[0].Sender != "gelf:127.0.0.1" {
		t.Errorf("%+v, %s", got, s.all()[0].Sender)
	}
}

func FuzzNULFramer(f *testing.F) {
	f.Add([]byte("a\x00bb\x00\x00ccc"), 2)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		// However the stream is cut, the frames are the same.
		whole, _, _ := (&nulFramer{max: 8}).split(data, true, nil)
		at = max(0, min(at, len(data)))
		pieces := &nulFramer{max: 8}
		frames, used, _ := pieces.split(data[:at], false, nil)
		frames, _, _ = pieces.split(data[used:], true, frames)
		if diff := cmp.Diff(texts(whole), texts(frames)); diff != "" {
			t.Fatalf("%q at %d: %s", data, at, diff)
		}
	})
}

func texts(all [][]byte) (out []string) {
	for _, b := range all {
		out = append(out, string(b))
	}
	return out
}

// What Python's pygelf and graypy send is recorded: both transports, packed and in chunks.
func TestGELFSenders(t *testing.T) {
	t.Parallel()
	script := `
import logging, os, sys
import pygelf, graypy, graypy.handler
udp, tcp = int(sys.argv[1]), int(sys.argv[2])
handlers = [
    pygelf.GelfUdpHandler(host='127.0.0.1', port=udp, compress=True, chunk_size=100, _kind='pygelf-udp'),
    pygelf.GelfTcpHandler(host='127.0.0.1', port=tcp, _kind='pygelf-tcp'),
    graypy.GELFUDPHandler('127.0.0.1', udp, gelf_chunker=graypy.handler.GELFWarningChunker(chunk_size=200)),
    graypy.GELFTCPHandler('127.0.0.1', tcp),
]
for n, handler in enumerate(handlers):
    logger = logging.Logger('n%d' % n)
    logger.addHandler(handler)
    logger.error('message %d ' % n + os.urandom(600).hex())
    handler.close()
`
	python := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "python3", args...)
		cmd.Env = append(cmd.Environ(), "PYTHONPATH=../../../.tools/python")
		return cmd.CombinedOutput()
	}
	if _, err := python("-c", "import pygelf, graypy"); err != nil {
		t.Skip("needs Python with pygelf and graypy (scripts/test-deps.sh)")
	}
	s := newSink(t)
	udp := open(t, "gelf_udp", s.env("gelf"), func(c *GELFUDP) { c.Listen = "127.0.0.1:0" })
	tcp := open(t, "gelf_tcp", s.env("gelf"), func(c *GELFTCP) { c.Listen = "127.0.0.1:0" })
	run(t, udp)
	run(t, tcp)
	_, udpPort, _ := net.SplitHostPort(udp.Stats().Address)
	_, tcpPort, _ := net.SplitHostPort(tcp.Stats().Address)
	if said, err := python("-c", script, udpPort, tcpPort); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	s.waitFor(t, 4)
	for n, raw := range s.raws() {
		for _, part := range []string{`"version"`, `"short_message"`, `"host"`, `"level"`} {
			if !strings.Contains(raw, part) {
				t.Errorf("%d: no %s in %s", n, part, raw)
			}
		}
	}
}
