// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

var errCertificate = errors.New("the certificate is not what the journal signed")

// certificate checks a certificate of erasure with public keys alone: no data folder,
// no network. Exit code 3 says that none of the keys signed it as it is.
func (c *verifyCommand) certificate(env *Env) error {
	if len(c.Key) == 0 || c.Bundle != "" || len(c.Receipt)+len(c.Witness)+len(c.Checkpoint) > 0 || c.Show {
		return &exitError{ExitUsage, errors.New("verify --certificate FILE needs --key, the journal's public key, and nothing else")}
	}
	keys, err := publicKeys(c.Key)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	var known []note.Verifier
	for _, key := range keys {
		v, err := proof.NewVerifier(key)
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		known = append(known, v)
	}
	raw, err := c.readCertificate(env.Stdin)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	cert, err := proof.OpenCertificate(raw, note.VerifierList(known...))
	if err != nil {
		return &exitError{ExitInvalid, errors.Join(errCertificate, err)}
	}
	return printCertificate(env.Stdout, &cert, c.JSON)
}

func (c *verifyCommand) readCertificate(stdin io.Reader) ([]byte, error) {
	if c.Certificate != "-" {
		return readBounded(c.Certificate, proof.MaxNoteBytes)
	}
	raw, err := io.ReadAll(io.LimitReader(stdin, proof.MaxNoteBytes+1))
	if err != nil {
		return nil, err
	}
	return raw, nil // one that is too long is not opened
}

// printCertificate prints what is signed, read back from the signed bytes.
func printCertificate(w io.Writer, c *proof.Certificate, asJSON bool) error {
	root := base64.StdEncoding.EncodeToString(c.Root[:])
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{
			"origin": c.Origin, "id": c.ID, "time": c.Time.Format(time.RFC3339), "entries": c.Entries, "slots": c.Slots, "files": c.Files,
			"ord": c.Ord, "checkpoint": map[string]any{"size": c.Size, "root": root},
		})
	}
	ew := &errWriter{w: w}
	ew.printf("OK  certificate of erasure %s, signed by %s at %s\n", c.ID, c.Origin, c.Time.Format(time.RFC3339))
	ew.printf("  %d entries lost %d parts, in %d files; looked at up to %d\n", c.Entries, c.Slots, c.Files, c.Ord)
	ew.printf("  its tombstones are under the checkpoint of %d headers with the root %s\n", c.Size, root)
	return ew.err
}
