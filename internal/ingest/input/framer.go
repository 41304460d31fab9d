// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"errors"
)

// framing is how a stream is cut into messages (RFC 6587).
type framing uint8

const (
	framingUnknown framing = iota
	// framingLines: each message ends with a newline (3.4.2).
	framingLines
	// framingCounted: each message begins with its length (3.4.1).
	framingCounted
)

// maxCountDigits bounds the length in front of a counted message.
const maxCountDigits = 9

// errFraming ends a stream of counted messages whose next length cannot be read:
// there is no way to find the message after it.
var errFraming = errors.New("a message's length cannot be read")

// framer cuts what has been read of one stream into messages. The first bytes
// decide how: a number, a space and "<" mean counted messages. A message longer
// than max is cut there and the rest passed over; cut counts these.
type framer struct {
	max  int
	mode framing
	skip int  // bytes of a counted message to be passed over
	tail bool // the rest of a line is to be passed over
	cut  uint64
}

// split appends the whole messages in buf to frames, as parts of buf, and
// returns how many bytes it is done with. end says that nothing will follow: a
// message without its end is then one too. Empty messages are left out.
func (f *framer) split(buf []byte, end bool, frames [][]byte) (_ [][]byte, used int, err error) {
	for used < len(buf) {
		if f.mode == framingUnknown {
			if f.mode = detect(buf[used:], end); f.mode == framingUnknown {
				return frames, used, nil
			}
		}
		var frame []byte
		n := 0
		if f.mode == framingCounted {
			frame, n, err = f.counted(buf[used:], end)
		} else {
			frame, n = f.line(buf[used:], end)
		}
		if err != nil || n == 0 {
			return frames, used, err
		}
		used += n
		if frame = trim(frame); len(frame) > 0 {
			frames = append(frames, frame)
		}
	}
	return frames, used, nil
}

// detect tells how a stream is framed by its first bytes, framingUnknown when
// they are too few.
func detect(buf []byte, end bool) framing {
	digits := 0
	for digits < len(buf) && buf[digits] >= '0' && buf[digits] <= '9' {
		digits++
	}
	switch {
	case digits == 0 || digits > maxCountDigits || buf[0] == '0':
		return framingLines
	case digits+1 < len(buf):
		if buf[digits] == ' ' && buf[digits+1] == '<' {
			return framingCounted
		}
		return framingLines
	case digits < len(buf) && buf[digits] != ' ' || end:
		return framingLines
	default:
		return framingUnknown
	}
}

// line takes the next line; n is 0 when it is not all there.
func (f *framer) line(buf []byte, end bool) (frame []byte, n int) {
	i := bytes.IndexByte(buf, '\n')
	switch {
	case f.tail:
		if i < 0 {
			return nil, len(buf)
		}
		f.tail = false
		return nil, i + 1
	case i > f.max:
		f.cut++
		return buf[:f.max], i + 1
	case i >= 0:
		return buf[:i], i + 1
	case len(buf) > f.max:
		f.cut++
		f.tail = true
		return buf[:f.max], len(buf)
	case end:
		return buf, len(buf)
	default:
		return nil, 0
	}
}

// counted takes the next counted message; n is 0 when it is not all there.
func (f *framer) counted(buf []byte, end bool) (frame []byte, n int, err error) {
	if f.skip > 0 {
		n = min(f.skip, len(buf))
		f.skip -= n
		return nil, n, nil
	}
	if buf[0] == '\n' || buf[0] == '\r' { // some senders end counted messages with a newline too
		return nil, 1, nil
	}
	size, digits := 0, 0
	for digits < len(buf) && digits <= maxCountDigits && buf[digits] >= '0' && buf[digits] <= '9' {
		size = size*10 + int(buf[digits]-'0')
		digits++
	}
	switch {
	case digits > maxCountDigits, digits < len(buf) && (digits == 0 || buf[digits] != ' ' || size == 0):
		return nil, 0, errFraming
	case digits == len(buf):
		if end {
			return nil, 0, errFraming
		}
		return nil, 0, nil
	}
	rest := buf[digits+1:]
	switch {
	case size <= f.max && len(rest) >= size:
		return rest[:size], digits + 1 + size, nil
	case size > f.max && len(rest) >= f.max:
		f.cut++
		f.skip = size - f.max
		return rest[:f.max], digits + 1 + f.max, nil
	case end:
		return rest, len(buf), nil
	default:
		return nil, 0, nil
	}
}

// trim takes off what ends a message beside the framing.
func trim(frame []byte) []byte {
	for len(frame) > 0 {
		switch frame[len(frame)-1] {
		case '\n', '\r', 0:
			frame = frame[:len(frame)-1]
		default:
			return frame
		}
	}
	return frame
}

// cuts is how many messages were cut.
func (f *framer) cuts() uint64 { return f.cut }
