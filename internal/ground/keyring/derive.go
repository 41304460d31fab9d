// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// readRoot gets the root out of its file. A derived root of which no secret is
// at hand is not known: that is an error only for the last epoch.
func readRoot(f keyFile, epoch uint32, opts Options) (root, error) {
	switch {
	case len(f.data) != KeyBytes:
		return root{}, fmt.Errorf("key file %s: %w: %d bytes instead of %d", f.name, ErrDamaged, len(f.data), KeyBytes)
	case len(f.check) != checkBytes:
		return root{}, fmt.Errorf("key file %s: %w: a check value of %d bytes instead of %d", f.name, ErrDamaged, len(f.check), checkBytes)
	}
	rt := root{epochEntry: epochEntry{kind: EpochKind(f.kind), check: [checkBytes]byte(f.check)}}
	if !f.derived() {
		rt.anchor, rt.known = [KeyBytes]byte(f.data), true
		if checkValue(rt.anchor, epoch) != rt.check {
			return root{}, fmt.Errorf("key file %s: %w: the key does not fit its check value", f.name, ErrDamaged)
		}
		return rt, nil
	}
	rt.salt = [KeyBytes]byte(f.data)
	for _, secret := range []string{opts.Secret, opts.PreviousSecret} {
		if secret == "" {
			continue
		}
		if a := deriveRoot(secret, rt.salt, epoch); checkValue(a, epoch) == rt.check {
			rt.anchor, rt.known = a, true
			break
		}
	}
	return rt, nil
}

// newRoot makes the root of an epoch.
func newRoot(epoch uint32, secret string) (keyFile, epochEntry) {
	f := keyFile{name: rootName(epoch), kind: kindRandom, data: randomBytes(KeyBytes)}
	anchor := [KeyBytes]byte(f.data)
	if secret != "" {
		f.kind = kindDerived
		anchor = deriveRoot(secret, anchor, epoch)
	}
	e := epochEntry{kind: EpochKind(f.kind), check: checkValue(anchor, epoch)}
	f.check = slices.Clone(e.check[:])
	return f, e
}

// deriveRoot is HKDF-SHA256(secret, salt, "tocsin/anchor/1" ‖ epoch).
func deriveRoot(secret string, salt [KeyBytes]byte, epoch uint32) [KeyBytes]byte {
	info := binary.BigEndian.AppendUint32([]byte("tocsin/anchor/1"), epoch)
	k, err := hkdf.Key(sha256.New, []byte(secret), salt[:], string(info), KeyBytes)
	if err != nil { // only a length beyond 255 blocks is an error
		return [KeyBytes]byte{}
	}
	return [KeyBytes]byte(k)
}

// checkValue is the first 16 bytes of HMAC-SHA256(A_e, "tocsin/check/1" ‖ epoch).
func checkValue(anchor [KeyBytes]byte, epoch uint32) [checkBytes]byte {
	m := hmac.New(sha256.New, anchor[:])
	m.Write(binary.BigEndian.AppendUint32([]byte("tocsin/check/1"), epoch))
	return [checkBytes]byte(m.Sum(nil))
}

func rootName(epoch uint32) string { return fmt.Sprintf("mac-root.%d", epoch) }
