// SPDX-License-Identifier: Apache-2.0

package input

import (
	"cmp"
	"container/list"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

const (
	// pollEvery is how often patterns and files are looked at, whatever the system tells.
	pollEvery = time.Second
	// saveEvery is how often, at most, places are kept while there is more to read.
	saveEvery = time.Second
	// settle is how long a look waits after the system told of a change.
	settle = 20 * time.Millisecond
	// leaveAfter is how long a file that no pattern finds any more must be silent until
	// it is followed no longer.
	leaveAfter = time.Minute
	// twinFor is how long a file that begins like another waits, after its last change,
	// for the other to be truncated: copying a large log takes its time, and so does who
	// copies it to come to the truncation.
	twinFor = 30 * time.Second
	// readBuffer holds two records of the largest size and more.
	readBuffer = 3 * maxMessage
	// batchBytes and batchRecords are when a batch is handed over.
	batchBytes   = 1 << 20
	batchRecords = 2048
)

// fileInput follows files. All but the counts belongs to the goroutine of Run.
//
// Nothing is read twice and nothing is passed over, as long as what is read is still
// on the disk: a place is kept only after everything before it is recorded, so that
// after a crash the lines since then come again; each record then has the same origin
// id, made of its file's id and its place, and is known as recorded. A file's id is
// kept before its first line is handed over.
type fileInput struct {
	deliverer
	config   File
	template pipeline.Batch
	group    func(line []byte) bool
	every    time.Duration // pollEvery
	wait     time.Duration // leaveAfter

	files map[fileKey]*tailed
	order *list.List            // of those that are open, the one used last at the end
	held  map[fileKey]time.Time // files that begin like another one, since when
	fresh bool                  // nothing was kept: the first run
	dirty bool                  // what is kept is not what is
	saved time.Time

	buf   []byte
	spans []span
	batch pipeline.Batch
	bytes int
	parts []*tailed // whose records are in the batch

	told      map[string]string // the last error of a path
	complaint complaint

	following, unreadable, cut atomic.Uint64
}

// Routes returns none.
func (in *fileInput) Routes() []Route { return nil }

// Run follows the files until ctx ends.
func (in *fileInput) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	defer in.closeAll()
	watch := newFileWatch(ctx, in.env.Logger)
	defer watch.close()
	tick := time.NewTicker(in.every)
	defer tick.Stop()
	scan, all := true, true
	var touched map[string]struct{}
	for ctx.Err() == nil {
		if scan {
			in.scan(ctx, time.Now())
			watch.follow(in.folders())
		}
		in.readAll(ctx, working, all || scan, touched)
		scan, all, touched = false, false, nil
		select {
		case <-ctx.Done():
		case <-tick.C:
			scan, all = true, true
		case <-watch.wake:
			_ = sleep(ctx, settle) // what comes close together is read together
			scan, touched = watch.take()
			scan = scan || in.unknown(touched)
		}
	}
	in.keep(working, true)
	return nil
}

// readAll reads what is new: of all files, or of those at the paths that were touched.
// Files take turns, and patterns are looked at in between, so that none waits for the
// end of another.
func (in *fileInput) readAll(ctx, working context.Context, all bool, touched map[string]struct{}) {
	scanned := time.Now()
	for more := true; more && ctx.Err() == nil; {
		now := time.Now()
		if now.Sub(scanned) >= in.every {
			in.scan(ctx, now)
			scanned, all = now, true
		}
		if !in.named(ctx) {
			return
		}
		more = false
		for _, f := range in.inOrder() {
			if _, ok := touched[f.path]; !ok && !all || ctx.Err() != nil {
				continue
			}
			more = in.read(ctx, f, now) || more
			if in.bytes >= batchBytes || len(in.batch.Items) >= batchRecords {
				in.handBatch(working)
			}
		}
		in.handBatch(working)
		in.keep(ctx, false)
	}
}

// named keeps the ids of new files: nothing of them is read before. False when they
// cannot be kept at the moment.
func (in *fileInput) named(ctx context.Context) bool {
	for _, f := range in.files {
		if f.unsaved {
			in.keep(ctx, true)
			return !f.unsaved
		}
	}
	return true
}

// inOrder returns the files in the order in which they are read: those that are about
// to leave first, the others by path.
func (in *fileInput) inOrder() []*tailed {
	files := make([]*tailed, 0, len(in.files))
	for _, f := range in.files {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b *tailed) int {
		if a.leaves.IsZero() != b.leaves.IsZero() {
			if a.leaves.IsZero() {
				return 1
			}
			return -1
		}
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(a.id, b.id))
	})
	return files
}

// keep saves the places: at once where it must, else every now and then. While they
// cannot be kept, lines would come again after a crash; nothing else is lost.
func (in *fileInput) keep(ctx context.Context, now bool) {
	if !in.dirty || !now && time.Since(in.saved) < saveEvery {
		return
	}
	if err := in.save(); err != nil {
		in.tell(ctx, in.env.State, err)
		return
	}
	in.tell(ctx, in.env.State, nil)
	in.dirty, in.saved = false, time.Now()
}

// tell logs what is wrong with a path, once until it changes or is well again.
func (in *fileInput) tell(ctx context.Context, path string, err error) {
	if err == nil {
		if _, was := in.told[path]; was {
			delete(in.told, path)
			in.env.Logger.InfoContext(ctx, "file is well again", "path", path)
		}
	} else if in.told[path] != err.Error() && len(in.told) < in.config.MaxFiles {
		in.told[path] = err.Error()
		in.env.Logger.WarnContext(ctx, "file cannot be followed", "path", path, "error", err)
	}
	in.unreadable.Store(uint64(len(in.told)))
}

// Stats returns the counts.
func (in *fileInput) Stats() Stats {
	return Stats{
		Address: strings.Join(in.config.Path, ", "), Received: in.received.Load(), Cut: in.cut.Load(),
		Files: in.following.Load(), Unreadable: in.unreadable.Load(),
	}
}

// Close does nothing: Run closes what it opened.
func (in *fileInput) Close() error { return nil }

func (in *fileInput) closeAll() {
	for _, f := range in.files {
		f.close()
	}
}

var _ Input = (*fileInput)(nil)
