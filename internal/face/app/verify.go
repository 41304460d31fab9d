// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/witness"
)

// Verification is what Verify found.
type Verification struct {
	journal.Report
	// Keys names the key files that are missing or damaged or need another secret.
	// They are no evidence: what cannot be checked for them is said in MACs. File
	// is below the data folder.
	Keys []keyring.Finding `json:"keys,omitempty"`
}

// attach gives a ring the exported roots of the files, and names those that are
// still away. keyring.ErrOther says that one of them is of another journal; the others
// are in use.
func attach(keys *keyring.Ring, files []string) (away []keyring.Finding, err error) {
	if keys == nil {
		for _, file := range files {
			away = append(away, keyring.Finding{File: file, Damage: "is not used, for the origin of the keys cannot be read"})
		}
		return away, nil
	}
	var other error
	for _, file := range files {
		switch err := keys.Attach(file); {
		case errors.Is(err, keyring.ErrOther):
			other = err
		case err != nil:
			return nil, err
		}
	}
	for _, e := range keys.Epochs() {
		if e.Kind == keyring.Away && !e.Known {
			away = append(away, keyring.Finding{
				File:   fmt.Sprintf("keys/mac-root.%d", e.Number),
				Damage: fmt.Sprintf("was exported; MACs of epoch %d that were sealed are checked only with that file", e.Number),
			})
		}
	}
	return away, other
}

// VerifyOptions say with what a journal is compared. All of them may be empty.
type VerifyOptions struct {
	Options // its secrets, anchors and logger
	// Checkpoints were kept outside the machine. So was Since, when everything under
	// it was verified: that is not checked again.
	Checkpoints [][]byte
	Since       []byte
	// Receipts are what senders kept.
	Receipts []proof.Receipt
	// Trusted are the journal's verifier keys as the caller knows them, from which
	// the folder's key statements lead to later ones; without any, the folder's own
	// keys count. Witnesses are the keys of witnesses that the caller trusts.
	Trusted, Witnesses []string
	// From and To bound the time of what is checked.
	From, To time.Time
	// Workers is how many files are checked at once; 0 is one a processor.
	Workers int
}

// forJournal are the options of the journal's own Verify.
func (o *VerifyOptions) forJournal(keys *keyring.Ring) (journal.VerifyOptions, error) {
	var signed []byte
	if keys != nil {
		signed, _ = keys.Remembered() // what is wrong with it is among the key files' findings
	}
	out := journal.VerifyOptions{
		Keys: keys, Signed: signed, Archived: o.archived, Anchors: o.Checkpoints, Since: o.Since, Receipts: o.Receipts,
		From: nanos(o.From), To: nanos(o.To), Workers: o.Workers, Logger: o.Logger,
	}
	trusted := o.Trusted
	if len(trusted) > 0 && keys != nil {
		chain, err := proof.Chain(trusted, keys.Statements())
		if err != nil {
			return out, err
		}
		trusted = chain.Keys()
	}
	var err error
	if out.Trusted, err = verifiers(trusted); err != nil {
		return out, err
	}
	out.Witnesses, err = verifiers(o.Witnesses)
	return out, err
}

func verifiers(vkeys []string) (list []note.Verifier, err error) {
	for _, vkey := range vkeys {
		v, err := proof.NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// readCosigned reads what the witnesses have co-signed, nothing when there is none.
func (f folder) readCosigned() (notes [][]byte, err error) {
	list, err := witness.ReadCosigned(f.cosignatures())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, c := range list {
		notes = append(notes, c.Note)
	}
	return notes, err
}

// Verify checks the journal of a data folder, beside a running server or without
// one. It writes nothing to the folder, which may be evidence, or on a disk that
// cannot be written. The error is about the check itself, never about what it
// found.
func Verify(ctx context.Context, dataDir string, o VerifyOptions) (Verification, error) {
	f := folder{dataDir}
	if err := f.usable(); err != nil {
		return Verification{}, err
	}
	return verifyFolder(ctx, f, o)
}

// verifyFolder is Verify of a folder that may still be marked as being restored.
func verifyFolder(ctx context.Context, f folder, o VerifyOptions) (Verification, error) {
	_, missing := os.Stat(f.journal())
	if missing != nil && !errors.Is(missing, fs.ErrNotExist) {
		return Verification{}, missing
	}
	var v Verification
	var keys *keyring.Ring
	keys, v.Keys = keyring.Inspect(keyring.Options{
		Dir: f.keys(), Secret: o.SigningSecret.Reveal(), PreviousSecret: o.PreviousSecret.Reveal(),
	})
	for i := range v.Keys {
		v.Keys[i].File = "keys/" + v.Keys[i].File
	}
	away, err := attach(keys, o.Anchors)
	if err != nil && (!errors.Is(err, keyring.ErrOther) || !f.hasArchives()) { // else it is of an archive
		return Verification{}, err
	}
	jo, err := o.forJournal(keys)
	if err != nil {
		return Verification{}, err
	}
	if missing != nil && (keys == nil || jo.Signed == nil && len(jo.Receipts) == 0) {
		return Verification{}, fmt.Errorf("%s holds no journal", f.dir) // and nobody knows of one
	}
	var damaged error
	jo.Cosigned, damaged = f.readCosigned()
	v.Report, err = journal.Verify(ctx, f.journal(), jo)
	if err == nil && damaged != nil {
		v.Files = append(v.Files, journal.FileFinding{File: "cosignatures", Damage: "cannot be read"})
	}
	for i := range v.Archives {
		for _, k := range v.Archives[i].Keys {
			k.File = fmt.Sprintf("journal/origins/%d/keys/%s", v.Archives[i].Archive, k.File)
			v.Keys = append(v.Keys, k)
		}
	}
	if v.MACs != "checked" {
		v.Keys = append(v.Keys, away...)
	}
	return v, err
}
