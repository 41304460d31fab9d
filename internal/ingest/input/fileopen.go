// SPDX-License-Identifier: Apache-2.0

package input

import (
	"io/fs"
	"time"
)

// open opens a file; the one that was used least lately is closed for it when too many
// are open.
func (in *fileInput) open(f *tailed) error {
	if f.file != nil {
		in.order.MoveToBack(f.place)
		return f.open()
	}
	for in.order.Len() >= in.config.MaxOpen {
		in.close(in.order.Front().Value.(*tailed)) //nolint:forcetypeassert // nothing else is in it
	}
	if err := f.open(); err != nil {
		return err
	}
	f.place = in.order.PushBack(f)
	return nil
}

// close closes a file that is open. It is still followed.
func (in *fileInput) close(f *tailed) {
	if f.place != nil {
		in.order.Remove(f.place)
		f.place = nil
	}
	f.close()
}

// replace puts next in the place of f, with its open file.
func (in *fileInput) replace(f, next *tailed) {
	if next.place = f.place; next.place != nil {
		next.place.Value = next
	}
	f.place = nil
	in.files[next.key], in.dirty = next, true
}

// drop follows a file no longer.
func (in *fileInput) drop(f *tailed) {
	in.close(f)
	delete(in.files, f.key)
	in.dirty = true
}

// seek looks for a closed file that is not at its path any more: it was renamed. One
// that is in its folder no more is dropped. It returns false.
func (in *fileInput) seek(f *tailed, now time.Time) bool {
	path, ok := f.beside(func(_ string, info fs.FileInfo) bool { return keyOf(info) == f.key })
	if !ok {
		in.drop(f)
		return false
	}
	f.path = path
	if f.leaves.IsZero() {
		f.leaves = now
	}
	in.dirty = true
	return false
}
