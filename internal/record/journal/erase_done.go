// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// certify records that an erasure is done, makes sure that nothing is left of it in
// the log, in a file that counts no more or in quarantine, signs the certificate and
// forgets the order. log is the last log file of before the erasure.
func (j *Journal) certify(ctx context.Context, o *Erasure, s subject, log uint64, out *Erased) error {
	if err := j.sumUp(ctx, out); err != nil {
		return err
	}
	attrs := []event.Attr{
		{Key: "erasure.id", Value: event.Text(o.ID)},
		{Key: "erasure.actor", Value: event.Text(o.Actor)},
		{Key: "erasure.entries", Value: event.Number(strconv.FormatInt(out.Entries, 10))},
		{Key: "erasure.slots", Value: event.Number(strconv.FormatInt(out.Slots, 10))},
		{Key: "erasure.files", Value: event.Number(strconv.Itoa(out.Files))},
	}
	if err := j.note(ctx, ownEvent(categoryErasure, "erasure done", attrs...)); err != nil {
		return err
	}
	// A range that was opened in the very batch that began the new log file counts as
	// one of the old file, and would keep it until it is sealed.
	if err := j.Seal(ctx); err != nil {
		return err
	}
	n := 0
	err := j.do(ctx, func(context.Context) (err error) { // behind the pass that has sealed the entry
		if err = j.clearRest(log); err == nil {
			n, err = j.eraseQuarantine(s)
		}
		return err
	})
	if err != nil {
		return err
	}
	out.Others["quarantine"] = n
	// a try that was cut off may have tombstones that the file of erasures lacks
	d, err := j.decided(ctx)
	if err == nil {
		err = j.mendErasures(ctx, d)
	}
	if err != nil {
		return err
	}
	raw, err := j.signCertificate(out, time.Now().UTC())
	if err != nil {
		return err
	}
	out.Certificate = string(raw)
	if o.Done != nil {
		if err := o.Done(ctx, out); err != nil {
			return fmt.Errorf("keep the outcome: %w", err)
		}
	}
	return j.dropOrder(o.ID)
}

// clearRest removes the log files up to last and the segment files that count no more;
// it is an error when one of them is still needed, or cannot be removed.
func (j *Journal) clearRest(last uint64) error {
	if err := errors.Join(j.dropLogs(), j.sweep()); err != nil {
		return err
	}
	for _, m := range j.manifests() {
		if len(m.unsure) > 0 {
			return fmt.Errorf("%w: %s cannot be removed before the manifest is written", errLeft, m.unsure[0])
		}
	}
	if old := j.wal.below(last + 1); len(old) > 0 {
		return fmt.Errorf("%w: log file %s is still needed; the erasure goes on when it is sealed", errLeft, walName(old[0]))
	}
	return nil
}

// sweep removes the segment files that count no more and could not be removed
// before. The sealer's.
func (j *Journal) sweep() error {
	counts := map[string]bool{}
	for _, f := range j.view.all() {
		counts[filepath.Join(j.segments(f.home), f.Name)] = true
	}
	var left []string
	var errs []error
	for _, path := range j.seal.leftover {
		if counts[path] {
			continue // it was written once more
		}
		err := j.opts.disk.remove(path)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			err = j.opts.disk.syncDir(filepath.Dir(path))
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			left, errs = append(left, path), append(errs, err)
		}
	}
	j.seal.leftover = left
	return errors.Join(errs...)
}

// eraseQuarantine removes the damaged and temporary files in which the subject's
// bytes can be found, and those that nobody can look into.
func (j *Journal) eraseQuarantine(s subject) (removed int, err error) {
	names, err := os.ReadDir(j.path("quarantine"))
	if err != nil {
		return 0, fmt.Errorf("read quarantine: %w", err)
	}
	for _, n := range names {
		path := j.path("quarantine", n.Name())
		raw, err := os.ReadFile(path)
		if err != nil {
			return removed, fmt.Errorf("read quarantine: %w", err)
		}
		// a segment file is compressed: what is in it cannot be told
		if !s.in(string(raw)) && !strings.HasSuffix(path, ".seg") {
			continue
		}
		if err := j.opts.disk.remove(path); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, j.opts.disk.syncDir(j.path("quarantine"))
}
