// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// maxEpochs bounds the epochs and the signing keys of a ring, whatever its files
// say.
const maxEpochs = 1000

// contents is what belongs to the ring: the file `ring`. Without it nobody could
// tell a key that is lost from one that was never made. Its lines, of which there
// is one for each MAC epoch and each signing key that ever was:
//
//	epoch <number> random | derived | away <check value>
//	key checkpoint | receipt <number> <from> <until, or -> kept | wiped <verifier key>
type contents struct {
	epochs []epochEntry   // by epoch, from 1
	keys   []signingEntry // by number and purpose
}

// epochEntry is one MAC epoch.
type epochEntry struct {
	kind  EpochKind
	check [checkBytes]byte
}

// signingEntry is one signing key.
type signingEntry struct {
	PublicKey
	wiped bool // its private part is gone
}

func (c *contents) file() keyFile {
	f := keyFile{name: fileRing}
	for i, e := range c.epochs {
		f.entries = append(f.entries, fmt.Sprintf("epoch %d %s %x", i+1, e.kind, e.check))
	}
	for i := range c.keys {
		k := &c.keys[i]
		until, state := "-", "kept"
		if !k.Until.IsZero() {
			until = k.Until.Format(time.RFC3339)
		}
		if k.wiped {
			state = "wiped"
		}
		f.entries = append(f.entries, fmt.Sprintf("key %s %d %s %s %s %s", k.Purpose, k.Number, k.From.Format(time.RFC3339), until, state, k.VKey))
	}
	return f
}

// decodeContents reads the file `ring` of the origin.
func decodeContents(f keyFile, origin string) (c contents, err error) {
	for _, line := range f.entries {
		word, _, _ := strings.Cut(line, " ")
		ok := false
		switch word {
		case "epoch":
			ok = c.takeEpoch(line)
		case "key":
			ok = c.takeKey(line, origin)
		}
		if !ok {
			return contents{}, fmt.Errorf("line %.60q does not belong there", line)
		}
	}
	switch {
	case len(c.epochs) == 0 || len(c.keys) == 0:
		return contents{}, errors.New("it lists no keys")
	case len(c.epochs) > maxEpochs || len(c.keys) > maxEpochs*len(Purposes()):
		return contents{}, errors.New("it lists too many keys")
	case !slices.Equal(c.file().entries, f.entries):
		return contents{}, errors.New("its lines are not in their one form")
	}
	return c, c.check()
}

// takeEpoch reads the line of the next epoch.
func (c *contents) takeEpoch(line string) bool {
	w, ok := words(line, 3)
	if !ok {
		return false
	}
	n, numbered := number(w[0], 32)
	check, checked := hexBytes(w[2], checkBytes)
	e := epochEntry{kind: EpochKind(w[1])}
	if !numbered || n != uint64(len(c.epochs))+1 || !checked || !e.kind.valid() {
		return false
	}
	copy(e.check[:], check)
	c.epochs = append(c.epochs, e)
	return true
}

// takeKey reads the line of a signing key.
func (c *contents) takeKey(line, origin string) bool {
	w, ok := words(line, 6)
	if !ok {
		return false
	}
	k := signingEntry{PublicKey: PublicKey{Purpose: Purpose(w[0]), VKey: w[5]}, wiped: w[4] == "wiped"}
	n, numbered := number(w[1], 32)
	k.Number = uint32(n) //nolint:gosec // 32 bits
	var err error
	if k.From, err = time.Parse(time.RFC3339, w[2]); err != nil {
		return false
	}
	if w[3] != "-" {
		if k.Until, err = time.Parse(time.RFC3339, w[3]); err != nil {
			return false
		}
	}
	v, err := note.NewVerifier(k.VKey)
	if err != nil || !numbered || !k.Purpose.valid() || v.Name() != k.Purpose.noteName(origin) {
		return false
	}
	k.From, k.Until = k.From.UTC(), k.Until.UTC()
	c.keys = append(c.keys, k)
	return true
}
