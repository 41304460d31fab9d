// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// Keys is what may be told of a data folder's keys.
type Keys struct {
	Origin  string       `json:"origin"`
	Signing []SigningKey `json:"signing"`
	Epochs  []MACEpoch   `json:"epochs"`
	// Damage names the key files that are missing or damaged, below the data folder.
	Damage []keyring.Finding `json:"damage,omitempty"`
}

// SigningKey is one signing key, in the order in which they were made.
type SigningKey struct {
	Purpose string `json:"purpose"` // checkpoint or receipt
	Number  uint32 `json:"number"`
	ID      string `json:"id"`    // its hash, as signatures name it
	State   string `json:"state"` // current, overlap or retired
	From    string `json:"from"`  // RFC 3339, UTC
	Until   string `json:"until,omitempty"`
	// VerifierKey is the public key as C2SP signed notes have it.
	VerifierKey string `json:"verifier_key"`
}

// MACEpoch is one epoch of the MAC keys.
type MACEpoch struct {
	Epoch uint32 `json:"epoch"`
	Kind  string `json:"kind"` // where its root is: random, derived, away or unknown
}

// ReadKeys tells of a folder's keys, beside a running server or without one. It
// writes nothing.
func ReadKeys(dataDir string) (Keys, error) {
	f := folder{dataDir}
	if err := f.wantKeys(); err != nil {
		return Keys{}, err
	}
	ring, findings := keyring.Inspect(keyring.Options{Dir: f.keys()})
	if ring == nil {
		return Keys{}, fmt.Errorf("the keys of %s cannot be read: %s %s", f.dir, findings[0].File, findings[0].Damage)
	}
	needsSecret := map[string]bool{} // which nothing here depends on
	for _, e := range ring.Epochs() {
		needsSecret[fmt.Sprintf("mac-root.%d", e.Number)] = e.Kind == keyring.Derived
	}
	keys := keysOf(ring)
	for _, k := range findings {
		if !needsSecret[k.File] {
			keys.Damage = append(keys.Damage, keyring.Finding{File: "keys/" + k.File, Damage: k.Damage})
		}
	}
	return keys, nil
}

// ReadArchivedKeys tells of the keys of the journals from before restores, on which a
// folder's journal stands, the oldest first. Keys that cannot be read are Damage.
func ReadArchivedKeys(dataDir string) (all []Keys, err error) {
	dirs, err := journal.ArchiveDirs(folder{dataDir}.journal())
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		ring, findings := keyring.Inspect(Options{}.shelved(filepath.Join(dir, journal.ArchiveKeys)))
		if ring == nil {
			all = append(all, Keys{Damage: findings})
			continue
		}
		all = append(all, keysOf(ring))
	}
	return all, nil
}

// ErrOldSecret says that entries wait in the log whose MAC keys come from a secret
// that was not given.
var ErrOldSecret = errors.New("entries wait in the log to be sealed with keys of the old LOG_SIGNATURE_SECRET; give it as LOG_SIGNATURE_SECRET_PREVIOUS, now and at the next start")

// RotateKeys starts the next MAC epoch and new signing keys in a folder whose
// server is stopped. waiting says that the next start needs the previous secret
// too, since entries wait in the log. ErrOldSecret when it was not given; without
// makes them wait until it is.
func RotateKeys(dataDir string, o Options, without bool) (keys Keys, waiting bool, err error) {
	f := folder{dataDir}
	release, err := f.keep()
	if err != nil {
		return Keys{}, false, err
	}
	defer func() { err = errors.Join(err, release()) }()
	known := func(opts keyring.Options) bool {
		ring, _ := keyring.Inspect(opts)
		if ring == nil {
			return true // Rotate says what is wrong
		}
		last := ring.Epochs()[ring.Epoch()-1]
		return last.Known || last.Kind != keyring.Derived
	}
	opts := o.keyring(f)
	if !known(keyring.Options{Dir: opts.Dir, Secret: opts.Secret}) {
		sealed, err := journal.Sealed(f.journal())
		if err != nil {
			return Keys{}, false, err
		}
		waiting = slices.ContainsFunc(sealed, func(r keyring.Range) bool { return r.Unsealed })
	}
	if waiting && !without && !known(opts) {
		return Keys{}, true, ErrOldSecret
	}
	ring, err := keyring.Rotate(opts)
	if err != nil {
		return Keys{}, waiting, err
	}
	return keysOf(ring), waiting, nil
}

// ExportAnchors moves the MAC roots of a folder whose server is stopped into a new
// file outside it, and returns their epochs.
func ExportAnchors(dataDir, file string, o Options) (epochs []uint32, err error) {
	f := folder{dataDir}
	release, err := f.keep()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := f.outside(file); err != nil {
		return nil, err
	}
	// with a secret Open could begin an epoch, only for the export to be refused
	ring, _ := keyring.Inspect(keyring.Options{Dir: f.keys()})
	if ring != nil {
		if all := ring.Epochs(); all[len(all)-1].Kind == keyring.Derived || !o.SigningSecret.IsZero() {
			return nil, fmt.Errorf("export anchors: %w", keyring.ErrSecretIsAnchor)
		}
	}
	if ring, err = keyring.Open(o.keyring(f)); err != nil {
		return nil, err
	}
	sealed, err := journal.Sealed(f.journal())
	if err != nil {
		return nil, err
	}
	return ring.Export(file, append(pipeline.Classes(), journal.SystemStream), sealed)
}

// keyring are the options that open the keys of a folder that is there.
func (o Options) keyring(f folder) keyring.Options {
	return keyring.Options{
		Dir: f.keys(), Existing: true, Logger: o.Logger,
		Secret: o.SigningSecret.Reveal(), PreviousSecret: o.PreviousSecret.Reveal(),
	}
}

func keysOf(ring *keyring.Ring) Keys {
	keys := Keys{Origin: ring.Origin(), Signing: []SigningKey{}, Epochs: []MACEpoch{}}
	now := time.Now()
	for _, k := range ring.Public() {
		s := SigningKey{
			Purpose: string(k.Purpose), Number: k.Number, ID: k.ID(), State: k.State(now),
			From: k.From.Format(time.RFC3339), VerifierKey: k.VKey,
		}
		if !k.Until.IsZero() {
			s.Until = k.Until.Format(time.RFC3339)
		}
		keys.Signing = append(keys.Signing, s)
	}
	for _, e := range ring.Epochs() {
		kind := string(e.Kind)
		if kind == "" {
			kind = "unknown" // its file is missing or damaged
		}
		keys.Epochs = append(keys.Epochs, MACEpoch{Epoch: e.Number, Kind: kind})
	}
	return keys
}

// wantKeys refuses a folder that has none yet.
func (f folder) wantKeys() error {
	if err := f.usable(); err != nil {
		return err
	}
	if _, err := os.Stat(f.keys()); err != nil {
		return fmt.Errorf("%s holds no keys: the first start of the server makes them", f.dir)
	}
	return nil
}

// keep keeps a server from starting, and refuses while one runs.
func (f folder) keep() (release func() error, err error) {
	if err := f.wantKeys(); err != nil {
		return nil, err
	}
	if release, err = journal.Lock(f.journal()); errors.Is(err, journal.ErrLocked) {
		err = fmt.Errorf("%w; stop it, and run this again", err)
	}
	return release, err
}

// outside refuses a path below the data folder, where an anchor would be no farther
// from its journal than before.
func (f folder) outside(file string) error {
	dir, err := filepath.EvalSymlinks(f.dir)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	at, err := filepath.EvalSymlinks(filepath.Dir(file))
	if err != nil {
		return fmt.Errorf("folder of %s: %w", file, err)
	}
	for _, p := range []*string{&dir, &at} {
		if *p, err = filepath.Abs(*p); err != nil {
			return fmt.Errorf("whole path: %w", err)
		}
	}
	if rel, err := filepath.Rel(dir, at); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return fmt.Errorf("%s is inside the data folder; the anchors are to go away from it", file)
	}
	return nil
}
