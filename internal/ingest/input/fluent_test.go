// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// pk writes MessagePack: texts, numbers below 128, lists of any, maps as a list that
// begins with "map", and bytes as they are.
func pk(v any) []byte {
	switch v := v.(type) {
	case string:
		return packText16(nil, v)
	case int:
		return []byte{byte(v)}
	case []byte:
		return v
	case []any:
		if len(v) > 0 && v[0] == "map" {
			b := []byte{0x80 | byte((len(v)-1)/2)}
			for _, m := range v[1:] {
				b = append(b, pk(m)...)
			}
			return b
		}
		b := []byte{0x90 | byte(len(v))}
		for _, m := range v {
			b = append(b, pk(m)...)
		}
		return b
	default:
		panic(v)
	}
}

func bin(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0xc6}, uint32(len(b))), b...)
}

func openFluent(t *testing.T, s *sink, change func(*Fluent)) Input {
	t.Helper()
	return open(t, "fluent", s.env("fluent"), func(c *Fluent) {
		c.Listen = "127.0.0.1:0"
		if change != nil {
			change(c)
		}
	})
}

func TestFluentModes(t *testing.T) {
	t.Parallel()
	record := func(n int) []any { return []any{"map", "n", n} }
	eventTime := append([]byte{0xd7, 0x00}, 0x6b, 0x06, 0x85, 0x80, 0, 0, 0, 5)
	packedEntries := append(pk([]any{1, record(1)}), pk([]any{eventTime, record(2)})...)
	withAck := []any{"map", "chunk", "id-1"}
	for _, c := range []struct {
		name    string
		message []any
		want    []string
		ack     string
	}{
		{"message", []any{"t", 1, record(1)}, []string{`{"tag":"t","time":1,"record":{"n":1}}`}, ""},
		{"message with an option", []any{"t", eventTime, record(1), withAck}, []string{`{"tag":"t","time":1795589504.000000005,"record":{"n":1}}`}, "id-1"},
		{"forward", []any{"t", []any{[]any{1, record(1)}, []any{2, record(2)}}, withAck}, []string{`{"tag":"t","time":1,"record":{"n":1}}`, `{"tag":"t","time":2,"record":{"n":2}}`}, "id-1"},
		{"forward with metadata", []any{"t", []any{[]any{[]any{1, []any{"map"}}, record(1)}}}, []string{`{"tag":"t","time":1,"record":{"n":1}}`}, ""},
		{"packed", []any{"t", bin(packedEntries), withAck}, []string{`{"tag":"t","time":1,"record":{"n":1}}`, `{"tag":"t","time":1795589504.000000005,"record":{"n":2}}`}, "id-1"},
		{"compressed", []any{"t", bin(gzipped(t, packedEntries)), []any{"map", "compressed", "gzip", "chunk", "id-1"}}, []string{`{"tag":"t","time":1,"record":{"n":1}}`, `{"tag":"t","time":1795589504.000000005,"record":{"n":2}}`}, "id-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			in := openFluent(t, s, nil)
			run(t, in)
			conn := dial(t, "tcp", in.Stats().Address)
			message := pk(c.message)
			write(t, conn, string(message[:len(message)/2]), string(message[len(message)/2:]))
			s.waitFor(t, len(c.want))
			if diff := cmp.Diff(c.want, s.raws()); diff != "" {
				t.Error(diff)
			}
			if c.ack != "" {
				want := pk([]any{"map", "ack", c.ack})
				got := make([]byte, len(want))
				_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
				if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%q, %v, want %q", got, err, want)
				}
			}
			if s.all()[0].Sender != "fluent:127.0.0.1" {
				t.Error(s.all()[0].Sender)
			}
		})
	}
}

// What cannot be recorded is not acknowledged, and nothing more is read.
func TestFluentAcknowledgesAfterRecording(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	hold := make(chan struct{})
	s.gate = func(context.Context) error {
		select {
		case <-hold:
			return nil
		default:
			return &pipeline.RefusedError{Err: pipeline.ErrUnavailable}
		}
	}
	in := openFluent(t, s, nil)
	run(t, in)
	conn := dial(t, "tcp", in.Stats().Address)
	write(t, conn, string(pk([]any{"t", 1, []any{"map"}, []any{"map", "chunk", "id-1"}})))
	_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("acknowledged before it was recorded")
	}
	close(hold)
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadFull(conn, make([]byte, 10)); err != nil || len(s.all()) != 1 {
		t.Errorf("%v, %d recorded", err, len(s.all()))
	}
}

func TestFluentRefuses(t *testing.T) {
	t.Parallel()
	bomb := bin(gzipped(t, make([]byte, 20<<20)))
	deep := append([]byte{0x93, 0xa1, 't', 0x01}, bytes.Repeat([]byte{0x91}, 100)...)
	for name, message := range map[string][]byte{
		"no list": pk("hello"), "a list of one": pk([]any{"t"}), "no tag": pk([]any{1, 1, []any{"map"}}), "no record": pk([]any{"t", 1}),
		"an entry that is no pair": pk([]any{"t", []any{1}}), "entries that break off": pk([]any{"t", bin([]byte{0x92, 1})}),
		"an unknown byte": {0xc1}, "HTTP": []byte("GET / HTTP/1.1\r\n\r\n"), "too deep": deep,
		"a bomb":   pk([]any{"t", bomb, []any{"map", "compressed", "gzip"}}),
		"too long": append(append([]byte{0x92, 0xa1, 't', 0xc6}, 0xff, 0xff, 0xff, 0xff), make([]byte, fluentMessage)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			in := openFluent(t, s, nil)
			run(t, in)
			conn := dial(t, "tcp", in.Stats().Address)
			_, _ = conn.Write(message)
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			var slow net.Error
			if _, err := conn.Read(make([]byte, 1)); err == nil || errors.As(err, &slow) && slow.Timeout() {
				t.Errorf("the connection is still open: %v", err)
			}
			if n := len(s.all()); n > 0 {
				t.Errorf("%d recorded", n)
			}
		})
	}
}

func TestFluentSharedKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{"right": true, "wrong": false} {
		s := newSink(t)
		in := openFluent(t, s, func(c *Fluent) { c.SharedKey = secret.New("right") })
		run(t, in)
		conn := dial(t, "tcp", in.Stats().Address)
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		helo := make([]byte, 48)
		if _, err := io.ReadFull(conn, helo); err != nil || !bytes.HasPrefix(helo[1:], pk("HELO")) {
			t.Fatalf("%q, %v", helo, err)
		}
		client := greeting{key: secret.New(key), nonce: [16]byte(helo[bytes.Index(helo, []byte{0xc4, 16})+2:])}
		write(t, conn, string(pk([]any{"PING", "client", "salt", client.digest([]byte("salt"), []byte("client")), "", ""})))
		pong := make([]byte, 7)
		if _, err := io.ReadFull(conn, pong); err != nil || (pong[6] == 0xc3) != want {
			t.Fatalf("%s: %q, %v", key, pong, err)
		}
		write(t, conn, string(pk([]any{"t", 1, []any{"map"}})))
		if want {
			s.waitFor(t, 1)
		} else if rest, _ := io.ReadAll(conn); !bytes.Contains(rest, []byte("mismatch")) || len(s.all()) > 0 {
			t.Errorf("%q, %d recorded", rest, len(s.all()))
		}
	}
}

// What Fluent's own logger sends is recorded, and its acknowledgements satisfy it.
func TestFluentLogger(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := openFluent(t, s, nil)
	run(t, in)
	host, port, _ := net.SplitHostPort(in.Stats().Address)
	sendWith(t, "fluent", host, port)
	all := s.raws()
	if len(all) != 3 {
		t.Fatalf("%d records: %q", len(all), all)
	}
	for _, raw := range all {
		if !strings.HasPrefix(raw, `{"tag":"app.access","time":1795600000.000000500,"record":{`) || !strings.Contains(raw, `"list":["a","b"]`) {
			t.Error(raw)
		}
	}
}
