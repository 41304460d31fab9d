// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// certificateTag begins the text of a certificate.
const certificateTag = "tocsin-erasure/1"

// maxCertificateID bounds the id of an erasure.
const maxCertificateID = 80

// ErrCertificate is wrapped by the errors about text that is no certificate.
var ErrCertificate = errors.New("malformed certificate of erasure")

// Certificate says what an erasure took out of a journal. It names no person: the
// tombstones that carry ID, under the checkpoint, say which slots of which entries.
type Certificate struct {
	Origin string
	ID     string
	Time   time.Time // in UTC, to the second
	// Entries lost Slots, one or both of each; they lie in Files segment files.
	Entries, Slots, Files uint64
	// Ord is the journal's newest position that was looked at.
	Ord uint64
	// Size and Root are the tree of the checkpoint that covers the tombstones.
	Size uint64
	Root Hash
}

// Text is the note text that is signed: tag, origin, id, time, and the figures, each
// on a line of its own.
func (c *Certificate) Text() string {
	return strings.Join([]string{
		certificateTag, c.Origin, c.ID, c.Time.UTC().Format(time.RFC3339),
		fmt.Sprintf("entries %d", c.Entries), fmt.Sprintf("slots %d", c.Slots), fmt.Sprintf("files %d", c.Files),
		fmt.Sprintf("ord %d", c.Ord),
		fmt.Sprintf("checkpoint %d %s", c.Size, base64.StdEncoding.EncodeToString(c.Root[:])),
	}, "\n") + "\n"
}

// ParseCertificate reads what Text wrote and nothing else. Errors wrap
// ErrCertificate.
func ParseCertificate(text string) (c Certificate, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 10 || lines[9] != "" || lines[0] != certificateTag {
		return c, fmt.Errorf("%w: tag or number of lines", ErrCertificate)
	}
	c.Origin, c.ID = lines[1], lines[2]
	if !validOrigin(c.Origin) || c.ID == "" || len(c.ID) > maxCertificateID || !utf8.ValidString(c.ID) {
		return c, fmt.Errorf("%w: origin or id", ErrCertificate)
	}
	if c.Time, err = time.Parse(time.RFC3339, lines[3]); err != nil {
		return c, fmt.Errorf("%w: time %.40q", ErrCertificate, lines[3])
	}
	for i, f := range []struct {
		word string
		to   *uint64
	}{{"entries ", &c.Entries}, {"slots ", &c.Slots}, {"files ", &c.Files}, {"ord ", &c.Ord}} {
		digits, ok := strings.CutPrefix(lines[4+i], f.word)
		if *f.to, err = ParseDecimal(digits); !ok || err != nil {
			return c, fmt.Errorf("%w: %.60q", ErrCertificate, lines[4+i])
		}
	}
	rest, ok := strings.CutPrefix(lines[8], "checkpoint ")
	size, root, cut := strings.Cut(rest, " ")
	if c.Size, err = ParseDecimal(size); err == nil {
		c.Root, err = ParseHash(root)
	}
	if !ok || !cut || err != nil || c.Text() != text {
		return c, fmt.Errorf("%w: %s", ErrCertificate, strconv.Quote(lines[8]))
	}
	return c, nil
}

// SignCertificate returns the signed note.
func SignCertificate(c *Certificate, signers ...note.Signer) ([]byte, error) {
	text := c.Text()
	if _, err := ParseCertificate(text); err != nil { // never sign what nobody could read
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	raw, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	return raw, nil
}

// OpenCertificate checks the signatures of a note and reads it. A known key of the
// journal itself, one with the origin's name, must be among those that signed.
func OpenCertificate(msg []byte, known note.Verifiers) (Certificate, error) {
	n, err := openNote(msg, known)
	if err != nil {
		return Certificate{}, fmt.Errorf("open certificate: %w", err)
	}
	c, err := ParseCertificate(n.Text)
	if err != nil {
		return Certificate{}, fmt.Errorf("open certificate: %w", err)
	}
	if !signedBy(n, c.Origin) {
		return Certificate{}, fmt.Errorf("open certificate: no known key of %s signed it", c.Origin)
	}
	return c, nil
}
