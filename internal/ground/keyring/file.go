// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A key file is a few lines of text, each `word value`, in this order; what a file
// has no use for is not there:
//
//	tocsin-key 1
//	name mac-root.1
//	version 7                      (counts the states of a file that is replaced)
//	kind random | derived          (MAC roots only)
//	check <hex>                    (MAC roots only)
//	data <base64>                  (the key; the salt when derived)
//	<entries>                      (of files that list something)
//	sum <hex SHA-256 of all lines above>
const (
	fileWord = "tocsin-key "
	fileHead = fileWord + "1\n"
)

// ErrVersion says that a key file is of a version that this program does not read; the
// text names the file and the version.
var ErrVersion = errors.New("key file of another version")

const (
	kindRandom  = "random"
	kindDerived = "derived"
)

// keyFile is one key file's content.
type keyFile struct {
	name    string
	version uint64
	kind    string
	check   []byte
	data    []byte
	entries []string // whole lines that begin with a word of isEntry
}

// isEntry tells the words that begin the lines of files that list something.
func isEntry(word string) bool {
	switch word {
	case "origin", "epoch", "key", "next", "anchor", "put", "remove":
		return true
	}
	return false
}

// maxFile bounds what is read of a key file.
func maxFile(name string) int64 {
	switch name {
	case fileRing, fileRatchet, fileAnchor:
		return 1 << 20
	case fileChange:
		return 4 << 20
	case fileSigned:
		return 64 << 10 // a checkpoint has a line for each key that signs
	}
	return 4 << 10
}

// derived tells whether data is a salt and the key comes from a secret.
func (f keyFile) derived() bool { return f.kind == kindDerived }

func (f keyFile) encode() []byte {
	var b bytes.Buffer
	b.WriteString(fileHead)
	fmt.Fprintf(&b, "name %s\n", f.name)
	if f.version > 0 {
		fmt.Fprintf(&b, "version %d\n", f.version)
	}
	if f.kind != "" {
		fmt.Fprintf(&b, "kind %s\ncheck %x\n", f.kind, f.check)
	}
	if len(f.data) > 0 {
		fmt.Fprintf(&b, "data %s\n", base64.StdEncoding.EncodeToString(f.data))
	}
	for _, e := range f.entries {
		b.WriteString(e + "\n")
	}
	fmt.Fprintf(&b, "sum %x\n", sha256.Sum256(b.Bytes()))
	return b.Bytes()
}

// decode reads a key file; the errors name the line. Bytes that encode would not
// have written are refused.
func decode(raw []byte, name string) (keyFile, error) {
	body, sum, ok := bytes.Cut(raw, []byte("\nsum "))
	if !ok || !bytes.HasPrefix(raw, []byte(fileWord)) {
		return keyFile{}, errors.New("not a whole tocsin-key file")
	}
	body = raw[:len(body)+1]
	if want := sha256.Sum256(body); string(sum) != hex.EncodeToString(want[:])+"\n" {
		return keyFile{}, errors.New("checksum does not fit")
	}
	if !bytes.HasPrefix(raw, []byte(fileHead)) {
		line, _, _ := strings.Cut(string(body), "\n")
		return keyFile{}, fmt.Errorf("%w: it begins with %.40q, this program reads %q; use the Tocsin that wrote it, or a newer one", ErrVersion, line, strings.TrimSpace(fileHead))
	}
	var f keyFile
	for line := range strings.Lines(string(body[len(fileHead):])) {
		if err := f.take(strings.TrimSuffix(line, "\n")); err != nil {
			return keyFile{}, err
		}
	}
	if f.name != name {
		return keyFile{}, fmt.Errorf("it is the file of %q", f.name)
	}
	if f.kind != "" && f.kind != kindRandom && f.kind != kindDerived {
		return keyFile{}, fmt.Errorf("unknown kind %q", f.kind)
	}
	if !bytes.Equal(f.encode(), raw) {
		return keyFile{}, errors.New("its lines are not in their one form")
	}
	return f, nil
}

// take reads one line.
func (f *keyFile) take(line string) (err error) {
	word, value, _ := strings.Cut(line, " ")
	switch word {
	case "name":
		f.name = value
	case "version":
		f.version, err = strconv.ParseUint(value, 10, 64)
	case "kind":
		f.kind = value
	case "check":
		f.check, err = hex.DecodeString(value)
	case "data":
		f.data, err = base64.StdEncoding.DecodeString(value)
	default:
		if !isEntry(word) {
			return fmt.Errorf("unknown line %.40q", word)
		}
		f.entries = append(f.entries, line)
	}
	if err != nil {
		return fmt.Errorf("line %s: its value cannot be read", word) // which may be a key
	}
	return nil
}

// words splits an entry, which has n words after its first one.
func words(entry string, n int) (w []string, ok bool) {
	w = strings.Split(entry, " ")[1:]
	return w, len(w) == n
}

// number reads a number that is written without zeros before it.
func number(s string, bits int) (n uint64, ok bool) {
	n, err := strconv.ParseUint(s, 10, bits)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}

// hexBytes reads exactly n bytes of lower-case hex.
func hexBytes(s string, n int) (b []byte, ok bool) {
	b, err := hex.DecodeString(s)
	return b, err == nil && len(b) == n && hex.EncodeToString(b) == s
}
