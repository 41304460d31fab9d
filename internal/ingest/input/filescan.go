// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// scan looks which files there are: it finds new ones, and those that were renamed,
// and those that no pattern finds any more.
func (in *fileInput) scan(ctx context.Context, now time.Time) {
	found := map[fileKey]string{}
	var order []fileKey
	for _, path := range in.matches(ctx) {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			if err != nil && !os.IsNotExist(err) {
				in.tell(ctx, path, err)
			}
			continue
		}
		if key := keyOf(info); found[key] == "" { // else another name of the same file
			found[key] = path
			order = append(order, key)
		}
	}
	for _, f := range in.inOrder() {
		switch path, ok := found[f.key]; {
		case ok:
			in.dirty = in.dirty || f.path != path
			f.path, f.leaves = path, time.Time{}
		case f.leaves.IsZero():
			f.leaves = now
		}
	}
	for _, key := range order {
		if in.files[key] == nil {
			in.begin(ctx, found[key], key, now)
		}
	}
	for key := range in.held {
		if found[key] == "" {
			delete(in.held, key)
		}
	}
	if in.fresh {
		in.fresh, in.dirty = false, true
	}
	in.following.Store(uint64(len(in.files)))
}

// matches returns the paths that the patterns find, in order.
func (in *fileInput) matches(ctx context.Context) []string {
	var paths []string
	for _, pattern := range in.config.Path {
		if dir := fixedPart(pattern); dir != pattern { // Glob says nothing of a folder it cannot read
			d, err := os.Open(dir)
			if err == nil {
				err = d.Close()
			}
			in.tell(ctx, dir, err)
		}
		some, err := filepath.Glob(pattern)
		if err != nil { // Validate has looked at it
			in.tell(ctx, pattern, err)
		}
		paths = append(paths, some...)
	}
	slices.Sort(paths)
	return slices.DeleteFunc(slices.Compact(paths), in.excluded)
}

// unknown tells whether one of the paths is one that the patterns find and that is not
// followed yet.
func (in *fileInput) unknown(touched map[string]struct{}) bool {
	if len(touched) == 0 {
		return false
	}
	followed := make(map[string]bool, len(in.files))
	for _, f := range in.files {
		followed[f.path] = true
	}
	for path := range touched {
		if !followed[path] && !in.excluded(path) && in.wanted(path) {
			return true
		}
	}
	return false
}

func (in *fileInput) wanted(path string) bool {
	return slices.ContainsFunc(in.config.Path, func(pattern string) bool {
		ok, _ := filepath.Match(pattern, path)
		return ok
	})
}

// fixedPart is the folder of a pattern down to the first part that is a pattern.
func fixedPart(pattern string) string {
	dir := filepath.Dir(pattern)
	for strings.ContainsAny(dir, `*?[`) {
		dir = filepath.Dir(dir)
	}
	return dir
}

// excluded tells whether a path is left out: packed files, and what the configuration
// names.
func (in *fileInput) excluded(path string) bool {
	if packed(path) {
		return true
	}
	for _, pattern := range in.config.Exclude {
		name := path
		if !strings.ContainsRune(pattern, filepath.Separator) {
			name = filepath.Base(path)
		}
		if ok, _ := filepath.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

func packed(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzma", ".zip", ".z", ".7z", ".br":
		return true
	default:
		return false
	}
}

// folders are those in which something may happen.
func (in *fileInput) folders() []string {
	var dirs []string
	for _, pattern := range in.config.Path {
		dirs = append(dirs, fixedPart(pattern))
	}
	for _, f := range in.files {
		dirs = append(dirs, filepath.Dir(f.path))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// begin follows a new file. One that begins like another one waits for a while: when
// the other turns out to be truncated, this is its copy and goes on where it was.
func (in *fileInput) begin(ctx context.Context, path string, key fileKey, now time.Time) {
	if len(in.files) >= in.config.MaxFiles {
		in.tell(ctx, "max_files", fmt.Errorf("there are more than %d files", in.config.MaxFiles))
		return
	}
	in.tell(ctx, "max_files", nil)
	file, err := os.Open(path)
	if err != nil {
		if !os.IsNotExist(err) {
			in.tell(ctx, path, err)
		}
		return
	}
	defer func() { _ = file.Close() }()
	head, err := headOf(file)
	info, statErr := file.Stat()
	if err != nil || statErr != nil || keyOf(info) != key {
		if err != nil {
			in.tell(ctx, path, err)
		}
		return // the next scan sees it again
	}
	if len(head) == 0 {
		return // until something is in it: it may become a copy
	}
	if twin := in.twin(head); twin != nil {
		if in.open(twin) == nil {
			if same, err := twin.same(); err == nil && !same {
				in.restart(twin, now)
			}
		}
		if in.files[key] != nil { // it was the copy
			return
		}
		since, ok := in.held[key]
		if !ok {
			since = now
			in.held[key] = now
		}
		if changed := info.ModTime(); changed.After(since) && !changed.After(now) {
			since = changed
		}
		if now.Sub(since) < twinFor {
			return
		}
	}
	delete(in.held, key)
	in.tell(ctx, path, nil)
	f := newTailed(path, key, head, now)
	if in.fresh && in.config.Start == "end" {
		f.at.offset, f.at.skipped, f.at.skip = info.Size(), info.Size(), !endsLine(file, info.Size())
		f.ahead = f.at
	}
	in.files[key], in.dirty = f, true
}

// endsLine tells whether a file's last byte ends a line; an empty file does.
func endsLine(file *os.File, size int64) bool {
	last := []byte{'\n'}
	_, err := file.ReadAt(last, max(size-1, 0))
	return size == 0 || err == nil && last[0] == '\n'
}

// twin returns a followed file that begins with the same bytes, nil when there is none.
func (in *fileInput) twin(head []byte) *tailed {
	known := map[int]string{}
	for _, f := range in.files {
		if n := f.head.Size; n > 0 && n <= len(head) {
			if _, ok := known[n]; !ok {
				known[n] = printOf(head[:n]).Sum
			}
			if known[n] == f.head.Sum {
				return f
			}
		}
	}
	return nil
}

// restart begins anew with a file that was truncated, or whose inode holds another
// one by now. What was in it before may have been copied: then its rest is read there.
func (in *fileInput) restart(f *tailed, now time.Time) {
	head, err := headOf(f.file)
	if err != nil {
		head = nil
	}
	next := newTailed(f.path, f.key, head, now)
	next.file, next.leaves = f.file, f.leaves
	f.file = nil
	in.replace(f, next)
	var key fileKey
	path, ok := f.beside(func(path string, info fs.FileInfo) bool {
		key = keyOf(info)
		return in.files[key] == nil && !packed(path) && info.Size() >= f.at.offset && f.copied(path)
	})
	if ok {
		f.path, f.key, f.leaves, f.grown = path, key, now, now
		in.files[key] = f
		delete(in.held, key)
	}
}
