// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// unpacker unpacks GELF messages: gzip and zlib are told by their first bytes,
// everything else is plain. It is safe for concurrent use.
type unpacker struct {
	gzips sync.Pool // of *gzip.Reader
	zlibs sync.Pool // of zlib readers
}

// unpack returns the message. One that becomes longer than an event may be is refused
// as soon as it does.
func (u *unpacker) unpack(data []byte) ([]byte, error) {
	var r io.Reader
	switch {
	case len(data) > 2 && data[0] == 0x1f && data[1] == 0x8b:
		z, _ := u.gzips.Get().(*gzip.Reader)
		if z == nil {
			z = new(gzip.Reader)
		}
		defer u.gzips.Put(z)
		if err := z.Reset(bytes.NewReader(data)); err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		r = z
	case len(data) > 2 && data[0]&0x0f == 8 && (int(data[0])<<8|int(data[1]))%31 == 0: // RFC 1950, 2.2
		z, _ := u.zlibs.Get().(io.Reader)
		if z == nil {
			var err error
			if z, err = zlib.NewReader(bytes.NewReader(data)); err != nil {
				return nil, fmt.Errorf("zlib: %w", err)
			}
		} else if reset, ok := z.(zlib.Resetter); !ok || reset.Reset(bytes.NewReader(data), nil) != nil {
			return nil, fmt.Errorf("zlib: %w", errGarbled)
		}
		defer u.zlibs.Put(z)
		r = z
	default:
		return data, nil
	}
	out := bytes.NewBuffer(make([]byte, 0, min(4*len(data)+512, event.MaxEventBytes+512)))
	n, err := out.ReadFrom(io.LimitReader(r, event.MaxEventBytes+1))
	switch {
	case n > event.MaxEventBytes:
		return nil, errTooLarge
	case err != nil:
		return nil, errors.Join(errGarbled, err)
	default:
		return out.Bytes(), nil
	}
}
