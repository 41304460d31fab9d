// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ErrUnsettled says that the journal's files do not fit each other at the moment, so
// that no backup can be made of them.
var ErrUnsettled = errors.New("the journal is not in a state that can be backed up")

const (
	// backupPatience is how long a backup waits for a running journal to finish what
	// it is sealing.
	backupPatience = 15 * time.Second
	backupPause    = 50 * time.Millisecond
	// maxCaptures bounds how often files may be replaced while they are copied.
	maxCaptures = 1000
)

// BackedUp says what a backup holds of a journal.
type BackedUp struct {
	Origin string `json:"origin"`
	// Events are the entries that are not the journal's own, those of archives
	// included; Unsealed those of all entries that no header covers.
	Events   int64 `json:"events"`
	Unsealed int64 `json:"unsealed"`
	// Headers is how many headers the log has, Checkpoint the newest signature over
	// them.
	Headers    uint64 `json:"headers"`
	Checkpoint string `json:"checkpoint,omitempty"`
	// Archives are the origins of the archives, the oldest first.
	Archives []string `json:"archives,omitempty"`
	// Unused are parts that were taken, and then replaced: they are not needed.
	Unused []string `json:"unused,omitempty"`
}

// BackupOptions say what goes into a backup and where to.
type BackupOptions struct {
	// Put takes a part: its name below the journal's folder, with slashes, and its
	// content of size bytes.
	Put func(name string, size int64, r io.Reader) error
	// Secrets takes the MAC roots of archives too.
	Secrets bool
	// Damaged passes over segment files that are not there.
	Damaged bool
}

// Backup gives away every part that a restore needs of the journal in dir. Every entry that was acknowledged before
// the call is in it. The journal may be running in another process; a stopped one is
// kept from being opened meanwhile. What the parts hold fits together as Verify wants
// it, and is what the folder held at one moment, but for segment files that were
// merged or erased from since: an earlier form of them may have been taken.
// The file of erasures and the orders of erasures are left out.
//
// It writes nothing to dir and remembers no content. ErrUnsettled when the files do
// not come to fit each other.
func Backup(ctx context.Context, dir string, opts BackupOptions) (BackedUp, error) {
	release, stopped := tryShared(dir)
	defer release()
	if !Exists(dir) {
		return BackedUp{}, fmt.Errorf("%s holds no journal", dir)
	}
	if err := CheckFormat(dir); err != nil {
		return BackedUp{}, fmt.Errorf("back up the journal: %w", err)
	}
	b := backup{dir: dir, opts: opts, put: opts.Put, stopped: stopped, taken: map[string]bool{}}
	c, err := b.take(ctx)
	if err != nil {
		return BackedUp{}, fmt.Errorf("back up the journal: %w", err)
	}
	defer c.close()
	if err := b.putRest(c); err != nil {
		return BackedUp{}, fmt.Errorf("back up the journal: %w", err)
	}
	return b.out, nil
}

// backup is one backup that is being made.
type backup struct {
	dir     string
	opts    BackupOptions
	put     func(name string, size int64, r io.Reader) error
	stopped bool
	taken   map[string]bool // parts that are segment files
	out     BackedUp
}

// take copies segment files until all that one capture names are there: while it
// copies, others may be put in the place of some.
func (b *backup) take(ctx context.Context) (*capture, error) {
	vanished := ""
	for range maxCaptures {
		c, err := b.settled(ctx)
		if err != nil {
			return nil, err
		}
		again, err := b.takeFiles(ctx, c)
		if err == nil && again == "" {
			return c, nil
		}
		if err == nil && again == vanished && b.opts.Damaged {
			return c, nil
		}
		c.close()
		if err == nil && again == vanished {
			err = fmt.Errorf("segment file %s is named by the manifest, and is not there", again)
		}
		if err != nil {
			return nil, err
		}
		vanished = again
	}
	return nil, fmt.Errorf("%w: its files change faster than they can be copied", ErrUnsettled)
}

// settled captures the journal once all that is in the log of headers is in a file
// or in the log.
func (b *backup) settled(ctx context.Context) (*capture, error) {
	end := time.Now().Add(backupPatience)
	for {
		c, err := b.capture()
		if err == nil {
			return c, nil
		}
		if !errors.Is(err, ErrUnsettled) || b.stopped || time.Now().After(end) {
			return nil, err
		}
		select {
		case <-time.After(backupPause):
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the journal: %w", ctx.Err())
		}
	}
}

// takeFiles copies the segment files of a capture that were not taken yet. again is
// one that was gone.
func (b *backup) takeFiles(ctx context.Context, c *capture) (again string, err error) {
	for _, s := range c.shelves {
		for _, f := range slices.Backward(s.files) { // the newest are merged next
			if err := ctx.Err(); err != nil {
				return "", fmt.Errorf("copy segments: %w", err)
			}
			part := s.part(&f)
			if f.Name == "" || b.taken[part] {
				continue
			}
			err := b.takeFile(part)
			if errors.Is(err, os.ErrNotExist) {
				again = part
				continue
			}
			if err != nil {
				return "", err
			}
			b.taken[part] = true
		}
	}
	return again, nil
}

// takeFile copies one segment file. That it loses its name meanwhile does no harm.
func (b *backup) takeFile(part string) error {
	f, err := os.Open(filepath.Join(b.dir, filepath.FromSlash(part)))
	if err != nil {
		return fmt.Errorf("copy segment: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		err = b.put(part, info.Size(), f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("copy segment %s: %w", part, err)
	}
	return nil
}
