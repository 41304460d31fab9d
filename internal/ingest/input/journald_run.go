// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// journald runs journalctl and reads what it prints. It belongs to the goroutine of
// Run, but for the counts.
//
// The cursor of an entry is kept after the entry is recorded. After a crash the entries
// since the kept one come again and are known by their cursors, which are their origin
// ids.
type journald struct {
	deliverer
	config   Journald
	template pipeline.Batch
	cursor   string // of the last entry that is recorded
	fresh    bool   // nothing was kept: the first run
	kept     string
	saved    time.Time
	// least and most bound the wait before journalctl is started again.
	least, most time.Duration
	complaint

	cut, restarts atomic.Uint64
}

// keptCursor is what is kept over restarts.
type keptCursor struct {
	Version int    `json:"version"`
	Cursor  string `json:"cursor"`
}

func readCursor(path string) (cursor string, fresh bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", true, nil
	}
	if err != nil {
		return "", false, err
	}
	var k keptCursor
	if err := json.Unmarshal(text, &k); err != nil {
		return "", false, err
	}
	if k.Version != 1 || len(k.Cursor) > maxCursor || k.Cursor != "" && !readable(k.Cursor) {
		return "", false, errors.New("it makes no sense")
	}
	return k.Cursor, false, nil
}

// keep saves the cursor, every now and then or now.
func (in *journald) keep(ctx context.Context, now bool) {
	if in.cursor == in.kept || !now && time.Since(in.saved) < saveEvery {
		return
	}
	in.saved = time.Now()
	text, err := json.Marshal(keptCursor{1, in.cursor})
	if err == nil {
		err = replaceFile(in.env.State, text)
	}
	if err != nil {
		in.env.Logger.WarnContext(ctx, "place in the journal is not kept", "error", err)
		return
	}
	in.kept = in.cursor
}

// Routes returns none.
func (in *journald) Routes() []Route { return nil }

// Run follows the journal until ctx ends. journalctl is started again when it ends,
// after a wait that grows while it brings nothing.
func (in *journald) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	wait := in.least
	for ctx.Err() == nil {
		before := in.received.Load()
		err := in.follow(ctx, working)
		in.keep(working, true)
		if ctx.Err() != nil {
			break
		}
		if in.received.Load() > before {
			wait = in.least
		}
		in.restarts.Add(1)
		in.env.Logger.WarnContext(ctx, "journalctl has ended and is started again", "after", wait, "error", err)
		_ = sleep(ctx, wait)
		wait = min(2*wait, in.most)
	}
	return nil
}

// follow runs journalctl until it or ctx ends.
func (in *journald) follow(ctx, working context.Context) error {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(running, in.config.Journalctl, in.config.arguments(in.cursor, in.fresh)...) //nolint:gosec // the administrator's program
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_LESS=", "SYSTEMD_PAGER=")
	var said tailOf
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start journalctl: %w", err)
	}
	err = in.read(ctx, working, out.Read)
	cancel() // where reading ended first
	if e := cmd.Wait(); err == nil {
		err = e
	}
	if text := strings.TrimSpace(string(said)); text != "" {
		err = errors.Join(err, fmt.Errorf("it said: %.200q", text))
	}
	return err
}

// read takes entries from what journalctl prints. It reads on only after they are
// recorded. What breaks off in the middle comes again.
func (in *journald) read(ctx, working context.Context, read func([]byte) (int, error)) error {
	f := framer{max: maxMessage, mode: framingLines}
	buf, have := make([]byte, maxBuffer), 0
	var frames [][]byte
	for {
		n, err := read(buf[have:])
		have += n
		var used int
		frames, used, _ = f.split(buf[:have], false, frames[:0]) // lines have no error
		in.cut.Add(f.cut)
		f.cut = 0
		if len(frames) > 0 {
			if err := in.hand(working, frames); err != nil {
				return err
			}
		}
		have = copy(buf, buf[used:have])
		in.keep(ctx, false)
		if err != nil {
			return nil //nolint:nilerr // how journalctl ended says more
		}
	}
}

func (in *journald) hand(ctx context.Context, frames [][]byte) error {
	b, last := in.template, in.cursor
	b.Items, b.Origins = keep(frames), make([]pipeline.Origin, len(frames))
	for i, entry := range b.Items {
		if cursor := cursorOf(entry); cursor != "" {
			b.Origins[i].ID, last = cursor, cursor
		}
	}
	result, err := in.handOver(ctx, b)
	if err != nil {
		return fmt.Errorf("entries are not recorded yet: %w", err)
	}
	in.tell(ctx, in.env.Logger, &result, b.Origins)
	in.cursor, in.fresh = last, false
	return nil
}

// Stats returns the counts.
func (in *journald) Stats() Stats {
	return Stats{Address: "journald", Received: in.received.Load(), Cut: in.cut.Load(), Broken: in.restarts.Load()}
}

// Close does nothing: Run ends what it started.
func (in *journald) Close() error { return nil }

// tailOf keeps the end of what is written to it.
type tailOf []byte

func (t *tailOf) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	*t = (*t)[max(0, len(*t)-1<<10):]
	return len(p), nil
}

var _ Input = (*journald)(nil)
