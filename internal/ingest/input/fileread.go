// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"hash/crc64"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// recordTimeout is how long a record of several lines waits for the line that begins
// the next one; a line without its end waits for the setting line_timeout.
const recordTimeout = 2 * time.Second

// read takes what is new of a file into the batch, at most a buffer. more tells that
// there may be more at once.
func (in *fileInput) read(ctx context.Context, f *tailed, now time.Time) (more bool) {
	if f.unsaved {
		return true
	}
	if !in.ready(ctx, f, now) {
		return false
	}
	same, err := f.same()
	if err != nil {
		in.tell(ctx, f.path, err)
		return false
	}
	if !same {
		in.restart(f, now)
		return true
	}
	n, err := f.file.ReadAt(in.buf, f.ahead.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		in.tell(ctx, f.path, err)
		return false
	}
	in.tell(ctx, f.path, nil)
	full := n == len(in.buf)
	used := in.take(f, in.buf[:n], !full && in.stale(f, in.buf[:n], now))
	if used == 0 && full { // cannot be: a record is cut before it fills the buffer
		used = in.take(f, in.buf[:n], true)
	}
	return full || used > 0 && n > used
}

// ready opens a file that may have something new. On false there is nothing to read.
func (in *fileInput) ready(ctx context.Context, f *tailed, now time.Time) bool {
	info, err := f.look()
	if err == nil && keyOf(info) != f.key {
		err = errAnother
	}
	if errors.Is(err, errAnother) || errors.Is(err, fs.ErrNotExist) {
		return in.seek(f, now) // renamed; the next look finds it, or the next scan drops it
	}
	if err == nil {
		silent := info.ModTime().Equal(f.change)
		if info.Size() != f.size {
			f.grown = now
		}
		if f.size, f.change = info.Size(), info.ModTime(); silent && f.size == f.ahead.offset {
			if in.left(f, now) && f.at.offset == f.ahead.offset {
				in.drop(f)
			}
			return false
		}
		err = in.open(f)
	}
	if err != nil {
		in.tell(ctx, f.path, err)
	}
	return err == nil
}

// left tells whether a file that no pattern finds any more has been silent for long
// enough.
func (in *fileInput) left(f *tailed, now time.Time) bool {
	return !f.leaves.IsZero() && now.Sub(f.leaves) >= in.wait && now.Sub(f.grown) >= in.wait
}

// stale tells whether what is not whole at the end of a file must be taken as it is.
func (in *fileInput) stale(f *tailed, text []byte, now time.Time) bool {
	silent := now.Sub(f.grown)
	if len(text) > 0 && text[len(text)-1] == '\n' && silent >= recordTimeout {
		return true
	}
	return silent >= in.config.LineTimeout || in.left(f, now)
}

// take cuts text, which begins where the file was read last, into records of the
// batch, and returns how much of it is done with.
func (in *fileInput) take(f *tailed, text []byte, end bool) (used int) {
	k := cutter{begins: in.group, skip: f.ahead.skip}
	in.spans, used = k.split(text, end, in.spans[:0])
	in.cut.Add(k.cut)
	if used == 0 {
		return 0
	}
	frames := make([][]byte, len(in.spans))
	for i, s := range in.spans {
		frames[i] = s.text
	}
	path := strings.ToValidUTF8(f.first, "\ufffd")
	for i, item := range keep(frames) {
		in.batch.Items = append(in.batch.Items, item)
		in.batch.Origins = append(in.batch.Origins, pipeline.Origin{
			ID: f.id + ":" + strconv.FormatInt(f.ahead.offset+int64(in.spans[i].from), 10), Path: path,
		})
		in.bytes += len(item)
	}
	f.ahead.sum = crc64.Update(f.ahead.sum, crc64.MakeTable(crc64.ECMA), text[:used])
	f.ahead.offset += int64(used)
	f.ahead.last = printOf(text[max(0, used-lastBytes):used])
	f.ahead.skip = k.skip
	in.parts = append(in.parts, f)
	return used
}

// handBatch hands the batch over and moves the places of its files. At the end of ctx
// what was not recorded is left for the next run.
func (in *fileInput) handBatch(ctx context.Context) {
	if len(in.parts) == 0 {
		return
	}
	var result pipeline.Result
	var err error
	if len(in.batch.Items) > 0 {
		result, err = in.handOver(ctx, in.batch)
	}
	in.complaint.tell(ctx, in.env.Logger, &result, in.batch.Origins)
	for _, f := range in.parts {
		if err != nil {
			f.ahead = f.at
		} else {
			f.at = f.ahead
		}
	}
	if in.dirty = true; err != nil {
		in.env.Logger.WarnContext(ctx, "lines are not recorded yet, they are read again", "error", err)
		_ = sleep(ctx, retryMost)
	}
	clear(in.parts)
	in.parts, in.batch, in.bytes = in.parts[:0], in.template, 0
}

// look returns what a file is now.
func (f *tailed) look() (os.FileInfo, error) {
	if f.file != nil {
		return f.file.Stat()
	}
	return os.Stat(f.path)
}
