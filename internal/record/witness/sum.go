// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
)

// The files of this package are text:
//
//	<kind> <version>
//	sum <hex SHA-256 of all that follows this line>
//	…
//
// A checksum tells damage, not intent: what must not be forged is signed as well.

var errSum = errors.New("the checksum does not fit")

// withSum puts the two lines before the text.
func withSum(head string, text []byte) []byte {
	return append(fmt.Appendf(nil, "%s\nsum %x\n", head, sha256.Sum256(text)), text...)
}

// cutSum checks the two lines and returns what follows them.
func cutSum(head string, raw []byte) ([]byte, error) {
	first, rest, _ := bytes.Cut(raw, []byte("\n"))
	line, text, found := bytes.Cut(rest, []byte("\n"))
	if string(first) != head || !found {
		return nil, fmt.Errorf("it is not a whole file of the kind %q", head)
	}
	if want := fmt.Appendf(nil, "sum %x", sha256.Sum256(text)); !bytes.Equal(line, want) {
		return nil, errSum
	}
	return text, nil
}
