// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// checkSmall looks at the small files of a stopped journal: what they hold is told by
// the log or by the system stream, and is written anew when the journal opens.
func (v *verifier) checkSmall() error {
	if !v.stopped {
		return nil
	}
	_, err := os.Stat(filepath.Join(v.dir, "LOCK"))
	opened := err == nil // else it is a backup, which leaves out what is of no use to it
	if err := v.checkFormat(opened); err != nil {
		return err
	}
	if opened && v.head.Boot > 0 && lockDamaged(v.dir) {
		v.report.file("LOCK", "is not what a journal writes there", false)
	}
	if v.noHead && (len(v.headers) > 0 || v.file > 0) {
		v.report.file("head", "there is none", false)
	}
	if err := v.checkSpare(); err != nil {
		return err
	}
	if err := v.checkOrders(); err != nil {
		return err
	}
	if slices.ContainsFunc(v.streams[SystemStream].indexesOf(), func(at int) bool { return v.ranges[at].ok != int64(v.headers[at].Header.Count) }) {
		return nil // named already; what is gone of it cannot be compared
	}
	v.decided.sort()
	if err := v.checkHolds(); err != nil {
		return err
	}
	return v.checkErasures(opened)
}

// indexesOf are the stream's headers; a stream that is not there has none.
func (s *verified) indexesOf() []int {
	if s == nil {
		return nil
	}
	return s.indexes
}

// read reads a small file; an absent one is empty.
func (v *verifier) read(name string) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(v.dir, filepath.FromSlash(name)))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return raw, nil
}

// checkSpare reads the log file that waits for its turn: it is all zero.
func (v *verifier) checkSpare() error {
	const name = "wal/spare.tmp"
	f, err := os.Open(filepath.Join(v.dir, filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	defer f.Close()
	buf := make([]byte, 256<<10)
	for {
		n, err := f.Read(buf)
		if !allZero(buf[:n]) {
			v.report.file(name, "not zero, and not in use", false)
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
}

func (v *verifier) checkHolds() error {
	raw, err := v.read(holdsName)
	if err != nil {
		return err
	}
	list, err := parseHolds(raw)
	switch {
	case raw != nil && err != nil:
		v.report.file(holdsName, "is damaged: "+err.Error(), false)
	case len(lackingHolds(list, v.decided.holds())) > 0:
		v.report.file(holdsName, "lacks a hold that is in force", false)
	}
	return nil
}

func (v *verifier) checkErasures(opened bool) error {
	raw, err := v.read(erasuresName)
	if err != nil || raw == nil && !opened {
		return err
	}
	lines, tombs, err := v.decided.erasures()
	if err != nil {
		return err
	}
	if _, good := checkErasures(raw, v.report.Origin, lines, tombs); !good && !v.erasing {
		v.report.file(erasuresName, "is not what the tombstones say", false)
	}
	return nil
}

// checkOrders looks at the erasures that were cut off.
func (v *verifier) checkOrders() error {
	names, err := os.ReadDir(filepath.Join(v.dir, ordersDir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read %s: %w", ordersDir, err)
	}
	for _, n := range names {
		name := ordersDir + "/" + n.Name()
		raw, err := v.read(name)
		if err != nil {
			return err
		}
		if filepath.Ext(name) != ".json" || zeroedOrder(raw) {
			continue
		}
		if _, err := parseOrder(raw); err != nil {
			v.report.file(name, "is damaged: order the erasure again under the same id", false)
		}
		v.erasing = true // its tombstones may be there before the file of erasures has them
	}
	return nil
}
