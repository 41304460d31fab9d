// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
)

// errWriter remembers the first error of a number of writes.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) printf(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}
