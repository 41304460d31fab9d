// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

// fileSigned holds, as data, the newest checkpoint that the keys have signed. It is no
// key: it has one place only, for the journal has the same checkpoint in another, and
// no backup holds it, for what is put back from there signs with other keys.
const fileSigned = "signed"

// Remember keeps the newest checkpoint that the keys have signed beside them, durable
// when it returns, before anybody sees it: a journal that is put back later, without
// its keys, is found to be older than what they have signed, and they sign no second
// history. One goroutine calls it at a time, that which signs.
func (r *Ring) Remember(signed []byte) error {
	if r.store.readOnly {
		return fmt.Errorf("key file %s: %w: the keys are open for reading only", fileSigned, ErrMissing)
	}
	raw := keyFile{name: fileSigned, data: signed}.encode()
	if int64(len(raw)) > maxFile(fileSigned) {
		return fmt.Errorf("key file %s: %d bytes are too many", fileSigned, len(raw))
	}
	path := filepath.Join(r.store.dir, fileSigned)
	tmp, err := r.store.temporary(path, raw)
	if err != nil {
		return err
	}
	if err := r.store.before("rename", path); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	if err := r.store.before("sync", r.store.dir); err != nil {
		return err
	}
	return syncDir(r.store.dir)
}

// signed looks at the newest checkpoint that the keys have signed.
func (in *inspection) signed(r *Ring) {
	raw, err := r.Remembered()
	if err == nil && raw != nil {
		var keys []note.Verifier
		for i := range r.contents.keys {
			if v, err := note.NewVerifier(r.contents.keys[i].VKey); err == nil {
				keys = append(keys, v)
			}
		}
		if _, err = note.Open(raw, note.VerifierList(keys...)); err != nil {
			err = fmt.Errorf("none of these keys has signed it: %w", err)
		}
	}
	if err != nil {
		in.find(fileSigned, "%s; the journal is not compared with what the keys have signed", reason(err))
	}
}

// Remembered is the newest checkpoint that Remember was given, whoever opened the
// ring; nil when there is none, as in a folder from before it was kept. The error says
// that the file is not what was written.
func (r *Ring) Remembered() ([]byte, error) {
	path := filepath.Join(r.store.dir, fileSigned)
	raw, err := readBounded(path, maxFile(fileSigned))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	f, err := decode(raw, fileSigned)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w: %w", path, ErrDamaged, err)
	}
	return f.data, nil
}
