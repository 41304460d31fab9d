// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	receiptMagic = "tocsin-receipt/1"

	maxReceiptBytes   = 64 << 10
	maxReceiptStreams = 256
)

// ErrReceipt is wrapped by the errors about text that is no receipt.
var ErrReceipt = errors.New("malformed receipt")

// ReceiptBody is what the journal promises to who sent events: they are durable,
// they have these places and leaves, and from SealBy on every checkpoint of the log
// includes them. Times are nanoseconds since 1970 UTC, none before.
type ReceiptBody struct {
	Origin     string // of the journal
	Request    Hash   // SHA-256 of the request's body after content decoding
	Accepted   uint64 // events, duplicates too
	Duplicates uint64 // that were in the journal already
	Rejected   uint64
	Received   int64
	SealBy     int64
	Streams    []ReceiptRange // by name and number; empty when nothing was recorded
}

// ReceiptRange is where the events of one request lie in one stream, or some of
// them: a long request has more than one range in a stream.
type ReceiptRange struct {
	Stream      string
	First, Last uint64 // seq, both included
	Leaves      Hash   // LeavesHash of their leaves
}

// LeavesHash is the SHA-256 of leaf hashes, joined in order.
func LeavesHash(leaves []Hash) (sum Hash) {
	h := sha256.New()
	for i := range leaves {
		h.Write(leaves[i][:])
	}
	h.Sum(sum[:0])
	return sum
}

// Append appends the body's text, of which there is one for each body.
func (b *ReceiptBody) Append(dst []byte) []byte {
	dst = append(dst, receiptMagic+"\n"...)
	dst = append(append(dst, b.Origin...), '\n')
	dst = appendHashLine(append(dst, "request "...), &b.Request)
	dst = appendNumberLine(dst, "accepted ", b.Accepted)
	dst = appendNumberLine(dst, "duplicates ", b.Duplicates)
	dst = appendNumberLine(dst, "rejected ", b.Rejected)
	dst = appendNumberLine(dst, "received ", uint64(b.Received)) //nolint:gosec // problem says that it is positive
	dst = appendNumberLine(dst, "seal_by ", uint64(b.SealBy))    //nolint:gosec // problem says that it is positive
	for i := range b.Streams {
		s := &b.Streams[i]
		dst = append(append(append(dst, "stream "...), s.Stream...), ' ')
		dst = append(strconv.AppendUint(dst, s.First, 10), ' ')
		dst = append(strconv.AppendUint(dst, s.Last, 10), ' ')
		dst = appendHashLine(dst, &s.Leaves)
	}
	return dst
}

func appendNumberLine(dst []byte, name string, n uint64) []byte {
	return append(strconv.AppendUint(append(dst, name...), n, 10), '\n')
}

func appendHashLine(dst []byte, h *Hash) []byte {
	return append(base64.StdEncoding.AppendEncode(dst, h[:]), '\n')
}

// problem tells what keeps a body from having a text that comes back.
func (b *ReceiptBody) problem() error {
	switch {
	case !validOrigin(b.Origin):
		return fmt.Errorf("%w: origin %.60q", ErrReceipt, b.Origin)
	case max(b.Accepted, b.Duplicates, b.Rejected) > math.MaxInt64 || b.Duplicates > b.Accepted:
		return fmt.Errorf("%w: %d accepted, %d of them duplicates, %d rejected", ErrReceipt, b.Accepted, b.Duplicates, b.Rejected)
	case b.Received < 0 || b.SealBy < b.Received:
		return fmt.Errorf("%w: received %d, to be sealed by %d", ErrReceipt, b.Received, b.SealBy)
	case len(b.Streams) > maxReceiptStreams:
		return fmt.Errorf("%w: %d streams", ErrReceipt, len(b.Streams))
	}
	for i := range b.Streams {
		s := &b.Streams[i]
		follows := i == 0
		if !follows {
			p := &b.Streams[i-1]
			follows = s.Stream > p.Stream || s.Stream == p.Stream && s.First > p.Last
		}
		if !ValidStream(s.Stream) || !follows || s.First == 0 || s.Last < s.First || s.Last > math.MaxInt64 {
			return fmt.Errorf("%w: stream %.70q from %d to %d", ErrReceipt, s.Stream, s.First, s.Last)
		}
	}
	return nil
}

// ParseReceiptBody reads the text of a body. Errors wrap ErrReceipt.
func ParseReceiptBody(text string) (ReceiptBody, error) {
	if len(text) > maxReceiptBytes || !strings.HasSuffix(text, "\n") {
		return ReceiptBody{}, fmt.Errorf("%w: %d bytes without an end", ErrReceipt, len(text))
	}
	r := lineReader{rest: text}
	if r.line() != receiptMagic {
		return ReceiptBody{}, fmt.Errorf("%w: it begins with %.40q", ErrReceipt, text)
	}
	b := ReceiptBody{Origin: r.line()}
	b.Request = r.hash(r.named("request "))
	b.Accepted = r.number(r.named("accepted "))
	b.Duplicates = r.number(r.named("duplicates "))
	b.Rejected = r.number(r.named("rejected "))
	b.Received = int64(r.number(r.named("received "))) //nolint:gosec // below 2^63
	b.SealBy = int64(r.number(r.named("seal_by ")))    //nolint:gosec // below 2^63
	for r.rest != "" && r.err == nil && len(b.Streams) <= maxReceiptStreams {
		words := strings.SplitN(r.named("stream "), " ", 5)
		if len(words) != 4 {
			r.fail("a stream of %d words", len(words))
			break
		}
		b.Streams = append(b.Streams, ReceiptRange{
			Stream: words[0], First: r.number(words[1]), Last: r.number(words[2]), Leaves: r.hash(words[3]),
		})
	}
	if r.err != nil {
		return ReceiptBody{}, fmt.Errorf("%w: %w", ErrReceipt, r.err)
	}
	if err := b.problem(); err != nil {
		return ReceiptBody{}, err
	}
	return b, nil
}

// lineReader takes lines off a text; the first error stays.
type lineReader struct {
	rest string
	err  error
}

func (r *lineReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *lineReader) line() string {
	line, rest, ok := strings.Cut(r.rest, "\n")
	if !ok {
		r.fail("a line is missing")
	}
	r.rest = rest
	return line
}

// named takes a line and returns what follows its name.
func (r *lineReader) named(name string) string {
	line := r.line()
	value, ok := strings.CutPrefix(line, name)
	if !ok {
		r.fail("%.60q is not a line of %q", line, strings.TrimSpace(name))
	}
	return value
}

func (r *lineReader) number(s string) uint64 {
	n, err := ParseDecimal(s)
	if err != nil {
		r.fail("%w", err)
	}
	return n
}

func (r *lineReader) hash(s string) Hash {
	h, err := ParseHash(s)
	if err != nil {
		r.fail("%w", err)
	}
	return h
}
