// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// An order lies in a file of its own until the erasure is done: only there is the
// subject's name.
const (
	ordersDir    = "erasing"
	erasuresName = "erasures.ndjson"
	maxOrderID   = 80
)

// order is the file of an erasure that is not done.
type orderFile struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
	Actor   string `json:"actor"`
}

func (j *Journal) orderPath(id string) (string, error) {
	if len(id) > maxOrderID || !filepath.IsLocal(id) || strings.ContainsAny(id, `/\`) || strings.HasPrefix(id, ".") {
		return "", fmt.Errorf("%w: id %.80q", ErrErasure, id)
	}
	return j.path(ordersDir, id+".json"), nil
}

// saveOrder makes an order durable.
func (j *Journal) saveOrder(o *Erasure) error {
	path, err := j.orderPath(o.ID)
	if err != nil {
		return err
	}
	if err := j.opts.disk.mkdir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("erasure order: %w", err)
	}
	raw, err := json.Marshal(orderFile{ID: o.ID, Subject: o.Subject, Actor: o.Actor})
	if err != nil {
		return fmt.Errorf("erasure order: %w", err)
	}
	if err := j.opts.disk.syncDir(j.opts.Dir); err != nil {
		return err
	}
	return replaceFile(j.opts.disk, path, addSum(append(raw, '\n')))
}

// dropOrder writes zeros over an order and removes it.
func (j *Journal) dropOrder(id string) error {
	path, err := j.orderPath(id)
	if err != nil {
		return err
	}
	f, err := j.opts.disk.open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil {
		if _, err = f.WriteAt(make([]byte, info.Size()), 0); err == nil {
			err = f.sync()
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("erasure order: %w", err)
	}
	if err := j.opts.disk.remove(path); err != nil {
		return err
	}
	return j.opts.disk.syncDir(filepath.Dir(path))
}

// Withdraw forgets an order that was cut off. What it has erased already stays so.
func (j *Journal) Withdraw(id string) error {
	j.erasing.Lock()
	defer j.erasing.Unlock()
	return j.dropOrder(id)
}

// Erasures are the orders that were cut off, to be given to Erase again.
func (j *Journal) Erasures() ([]Erasure, error) {
	names, err := os.ReadDir(j.path(ordersDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("erasure orders: %w", err)
	}
	var all []Erasure
	var damaged []error
	for _, n := range names {
		path := j.path(ordersDir, n.Name())
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("erasure orders: %w", err)
		}
		o, err := parseOrder(raw)
		switch {
		case strings.HasSuffix(path, ".tmp") || zeroedOrder(raw):
			// it was being written, or being dropped: nothing has begun, or all is done
			if err := j.opts.disk.remove(path); err != nil {
				return nil, err
			}
		case err != nil:
			damaged = append(damaged, fmt.Errorf("%s/%s: %w; order the erasure again under the same id", ordersDir, n.Name(), err))
		default:
			all = append(all, Erasure{ID: o.ID, Subject: o.Subject, Actor: o.Actor})
		}
	}
	return all, errors.Join(damaged...)
}

// parseOrder reads an order's file.
func parseOrder(raw []byte) (o orderFile, err error) {
	body, ok := cutSum(raw)
	if !ok || json.Unmarshal(body, &o) != nil || o.ID == "" {
		return orderFile{}, errOrder
	}
	return o, nil
}

var errOrder = errors.New("the order of an erasure is damaged")

// zeroedOrder tells whether some of the zeros that end an order have reached the disk.
// It holds none before, begins with a brace, and a bit that flips makes one at most.
func zeroedOrder(raw []byte) bool {
	return len(raw) == 0 || raw[0] == 0 || bytes.Count(raw, []byte{0}) > 1
}

// listedErasure is a line of the file of erasures: what a restore of an older
// backup erases again. It names no person.
type listedErasure struct {
	ID     string         `json:"id"`
	Time   time.Time      `json:"time"`
	Origin string         `json:"origin"`
	Stream string         `json:"stream"`
	Actor  string         `json:"actor"`
	Slot0  []proof.SeqRun `json:"slot0,omitempty"`
	Slot1  []proof.SeqRun `json:"slot1,omitempty"`
}

// erasureLine is the line of a tombstone that was recorded at that time.
func erasureLine(origin string, t *proof.Tombstone, at time.Time) ([]byte, error) {
	line, err := json.Marshal(listedErasure{
		ID: t.ID, Time: at.UTC(), Origin: origin, Stream: t.Stream, Actor: t.Actor, Slot0: t.Slots[0], Slot1: t.Slots[1],
	})
	if err != nil {
		return nil, fmt.Errorf("file of erasures: %w", err)
	}
	return append(line, '\n'), nil
}

// addErasures adds lines to the file of erasures, durably.
func (j *Journal) addErasures(lines [][]byte) error {
	path := j.path(erasuresName)
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("file of erasures: %w", err)
	}
	raw = append(raw, bytes.Join(lines, nil)...)
	if err := replaceFile(j.opts.disk, path, raw); err != nil {
		return fmt.Errorf("file of erasures: %w", err)
	}
	return nil
}

// signCertificate makes the signed note that says what an erasure did, and names
// the checkpoint that covers its tombstones.
func (j *Journal) signCertificate(out *Erased, at time.Time) ([]byte, error) {
	signed, _, _, _ := j.Checkpoint()
	if signed == nil {
		return nil, fmt.Errorf("certificate: %w", ErrDiverged)
	}
	c, _, err := proof.OpenCheckpoint(signed, verifiers(j.opts.Keys))
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return proof.SignCertificate(&proof.Certificate{
		Origin: j.Origin(), ID: out.ID, Time: at,
		Entries: uint64(out.Entries), Slots: uint64(out.Slots), Files: uint64(out.Files), //nolint:gosec // counts
		Ord: out.UpTo, Size: c.Size, Root: c.Root,
	}, j.opts.Keys.Signers(keyring.Checkpoint)...)
}
