// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// inertWriter writes text so that it does nothing to a terminal: what an event, a
// file name or a server's answer brings along is shown as \uXXXX (\xXX where it is
// not UTF-8) when it is a control character other than the end of a line or a tab,
// or a mark of direction. Each Write is a whole text.
type inertWriter struct{ w io.Writer }

// Write implements io.Writer.
func (i inertWriter) Write(p []byte) (int, error) {
	text := p
	for at := 0; at < len(p); {
		r, size := utf8.DecodeRune(p[at:])
		if acts(r, size) {
			text = escaped(p, at)
			break
		}
		at += size
	}
	if _, err := i.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escaped returns p with what acts escaped; nothing before from does.
func escaped(p []byte, from int) []byte {
	out := append(make([]byte, 0, len(p)+64), p[:from]...)
	for at := from; at < len(p); {
		r, size := utf8.DecodeRune(p[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			out = fmt.Appendf(out, `\x%02x`, p[at])
		case acts(r, size):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, p[at:at+size]...)
		}
		at += size
	}
	return out
}

// acts tells whether a terminal would act on a rune of that size in bytes. Lines and
// tabs are the output's own.
func acts(r rune, size int) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r == utf8.RuneError && size == 1:
		return true
	default:
		return event.Acts(r)
	}
}
