// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"os"
)

// Secret returns the 32 random bytes of that name, made at the first use; over an
// inspected folder ErrMissing instead. Names have lower-case letters, digits and
// '-'. The caller must not change the bytes.
func (r *Ring) Secret(name string) ([]byte, error) {
	if !validName(name) {
		return nil, fmt.Errorf("secret name %q: only a-z, 0-9 and '-'", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.secrets[name]; ok {
		return s, nil
	}
	if !r.store.readOnly {
		unlock, err := lockDir(r.store.dir)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	f, err := r.store.load("secret." + name)
	if errors.Is(err, os.ErrNotExist) {
		f = keyFile{name: "secret." + name, data: randomBytes(KeyBytes)}
		err = r.store.create(f)
	}
	if err != nil {
		return nil, err
	}
	if len(f.data) != KeyBytes {
		return nil, fmt.Errorf("key file %s: %w: %d bytes instead of %d", f.name, ErrDamaged, len(f.data), KeyBytes)
	}
	r.secrets[name] = f.data
	return f.data, nil
}

func validName(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
