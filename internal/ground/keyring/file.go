// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A key file is a few lines of text, each `word value`, in this order:
//
//	tocsin-key 1
//	name mac-root.1
//	kind random | derived          (MAC roots only)
//	check <hex>                    (MAC roots only)
//	data <base64>                  (the key; the salt when derived)
//	sum <hex SHA-256 of all lines above>
const fileHead = "tocsin-key 1\n"

// maxFileBytes bounds what is read of a key file.
const maxFileBytes = 4096

const (
	kindRandom  = "random"
	kindDerived = "derived"
)

// keyFile is one key file's content.
type keyFile struct {
	name  string
	kind  string
	check []byte
	data  []byte
}

// derived tells whether data is a salt and the key comes from a secret.
func (f keyFile) derived() bool { return f.kind == kindDerived }

func (f keyFile) encode() []byte {
	var b bytes.Buffer
	b.WriteString(fileHead)
	fmt.Fprintf(&b, "name %s\n", f.name)
	if f.kind != "" {
		fmt.Fprintf(&b, "kind %s\ncheck %x\n", f.kind, f.check)
	}
	fmt.Fprintf(&b, "data %s\n", base64.StdEncoding.EncodeToString(f.data))
	fmt.Fprintf(&b, "sum %x\n", sha256.Sum256(b.Bytes()))
	return b.Bytes()
}

// decode reads a key file; the errors name the line.
func decode(raw []byte, name string) (keyFile, error) {
	body, sum, ok := bytes.Cut(raw, []byte("\nsum "))
	if !ok || !bytes.HasPrefix(raw, []byte(fileHead)) {
		return keyFile{}, errors.New("not a whole tocsin-key file")
	}
	body = raw[:len(body)+1]
	if want := sha256.Sum256(body); string(sum) != hex.EncodeToString(want[:])+"\n" {
		return keyFile{}, errors.New("checksum does not fit")
	}
	var f keyFile
	var err error
	for line := range strings.Lines(string(body[len(fileHead):])) {
		word, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "name":
			f.name = value
		case "kind":
			f.kind = value
		case "check":
			f.check, err = hex.DecodeString(value)
		case "data":
			f.data, err = base64.StdEncoding.DecodeString(value)
		default:
			err = fmt.Errorf("unknown line %q", word)
		}
		if err != nil {
			return keyFile{}, fmt.Errorf("line %s: %w", word, err)
		}
	}
	if f.name != name {
		return keyFile{}, fmt.Errorf("it is the file of %q", f.name)
	}
	if f.kind != "" && f.kind != kindRandom && f.kind != kindDerived {
		return keyFile{}, fmt.Errorf("unknown kind %q", f.kind)
	}
	return f, nil
}

// store reads and writes key files in two copies.
type store struct {
	dir      string
	log      *slog.Logger
	readOnly bool // nothing is made and nothing healed
}

// copies is what lies in the two places of a key file.
type copies struct {
	paths [2]string
	raws  [2][]byte
	files [2]keyFile
	errs  [2]error
}

func (s store) paths(name string) [2]string {
	return [2]string{filepath.Join(s.dir, name), filepath.Join(s.dir, "copy", name)}
}

// read reads both copies and changes nothing.
func (s store) read(name string) copies {
	c := copies{paths: s.paths(name)}
	for i, p := range c.paths {
		if c.raws[i], c.errs[i] = readBounded(p); c.errs[i] == nil {
			c.files[i], c.errs[i] = decode(c.raws[i], name)
		}
	}
	return c
}

// good is the place that can be used, the first when both can. os.ErrNotExist when
// neither is there, ErrDamaged when none is good or they differ.
func (c *copies) good() (int, error) {
	switch {
	case errors.Is(c.errs[0], os.ErrNotExist) && errors.Is(c.errs[1], os.ErrNotExist):
		return 0, fmt.Errorf("key file %s: %w", c.paths[0], os.ErrNotExist)
	case c.errs[0] != nil && c.errs[1] != nil:
		return 0, fmt.Errorf("key file %s: %w: %w; its copy %s: %w; put one of them back from a backup", c.paths[0], ErrDamaged, c.errs[0], c.paths[1], c.errs[1])
	case c.errs[0] == nil && c.errs[1] == nil && !bytes.Equal(c.raws[0], c.raws[1]):
		return 0, fmt.Errorf("key file %s: %w: it differs from its copy %s, and both are whole; keep the one that belongs to this data folder in both places", c.paths[0], ErrDamaged, c.paths[1])
	}
	return slices.Index(c.errs[:], nil), nil
}

// load reads both copies and heals one of them where it can. Its errors are those
// of good.
func (s store) load(name string) (keyFile, error) {
	c := s.read(name)
	good, err := c.good()
	if err != nil {
		return keyFile{}, err
	}
	if bad := 1 - good; c.errs[bad] != nil && !s.readOnly {
		if err := writeFile(c.paths[bad], c.raws[good]); err != nil {
			return keyFile{}, fmt.Errorf("heal key file: %w", err)
		}
		s.log.Warn("key file healed from its copy", "path", c.paths[bad], "reason", c.errs[bad])
	}
	return c.files[good], nil
}

// create writes both copies of a new key; both are durable when it returns.
// The copy comes first: a crash between the two leaves what load heals.
func (s store) create(f keyFile) error {
	if s.readOnly {
		return fmt.Errorf("key file %s: %w: the keys are open for reading only", f.name, ErrMissing)
	}
	paths := s.paths(f.name)
	raw := f.encode()
	for i := range paths {
		p := paths[len(paths)-1-i]
		if _, err := os.Lstat(p); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("create key file %s: %w", p, os.ErrExist)
		}
		if err := writeFile(p, raw); err != nil {
			return fmt.Errorf("create key file: %w", err)
		}
	}
	return nil
}

// writeFile writes a whole file by a temporary name and makes it and its folder
// durable.
func writeFile(path string, raw []byte) error {
	tmp := path + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", tmp, err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync folder of %s: %w", path, err)
	}
	return nil
}

func readBounded(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("stat: %w", err)
	}
	if st.Size() > maxFileBytes {
		return nil, fmt.Errorf("%d bytes are too many for a key file", st.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return raw, nil
}
