// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keptFile is a followed file as it is kept over restarts.
type keptFile struct {
	ID      string      `json:"id"`
	First   string      `json:"first"`
	Path    string      `json:"path"`
	Dev     uint64      `json:"dev"`
	Ino     uint64      `json:"ino"`
	Head    fingerprint `json:"head"`
	Offset  int64       `json:"offset"`
	Skip    bool        `json:"skip,omitempty"`
	Skipped int64       `json:"skipped,omitempty"`
	Last    fingerprint `json:"last"`
	Sum     uint64      `json:"sum,string"`
}

// keptFiles is the whole of what is kept.
type keptFiles struct {
	Version int        `json:"version"`
	Files   []keptFile `json:"files"`
}

// load reads what an earlier run left. A file that cannot be read is an error: going
// on without it would record everything twice.
func (in *fileInput) load() error {
	text, err := os.ReadFile(in.env.State)
	if errors.Is(err, fs.ErrNotExist) {
		in.fresh = true
		return nil
	}
	if err != nil {
		return fmt.Errorf("places in files: %w", err)
	}
	files, err := readKept(text)
	if err != nil {
		return fmt.Errorf("places in files: %s: %w; without this file everything is read from the start", in.env.State, err)
	}
	for _, f := range files {
		in.files[f.key] = f
	}
	return nil
}

// readKept reads the files out of what was kept.
func readKept(text []byte) ([]*tailed, error) {
	var kept keptFiles
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, err
	}
	if kept.Version != 1 {
		return nil, fmt.Errorf("version %d is not known", kept.Version)
	}
	files := make([]*tailed, 0, len(kept.Files))
	for i := range kept.Files {
		k := &kept.Files[i]
		f := &tailed{
			id: k.ID, first: k.First, path: k.Path, key: fileKey{k.Dev, k.Ino}, head: k.Head,
			at: mark{offset: k.Offset, skip: k.Skip, skipped: k.Skipped, last: k.Last, sum: k.Sum},
		}
		if k.ID == "" || k.Offset < 0 || k.Skipped < 0 || k.Skipped > k.Offset ||
			k.Last.Size < 0 || k.Last.Size > lastBytes || int64(k.Last.Size) > k.Offset || k.Head.Size < 0 || k.Head.Size > printBytes {
			return nil, fmt.Errorf("file %d makes no sense", i)
		}
		f.ahead = f.at
		files = append(files, f)
	}
	return files, nil
}

// save keeps up to where everything is recorded. On return it is on the disk.
func (in *fileInput) save() error {
	kept := keptFiles{Version: 1, Files: []keptFile{}}
	for _, f := range in.inOrder() {
		kept.Files = append(kept.Files, keptFile{
			ID: f.id, First: f.first, Path: f.path, Dev: f.key.Dev, Ino: f.key.Ino, Head: f.head,
			Offset: f.at.offset, Skip: f.at.skip, Skipped: f.at.skipped, Last: f.at.last, Sum: f.at.sum,
		})
	}
	text, err := json.Marshal(kept)
	if err == nil {
		err = replaceFile(in.env.State, text)
	}
	if err != nil {
		return fmt.Errorf("keep places in files: %w", err)
	}
	for _, f := range in.files {
		f.unsaved = false
	}
	return nil
}

// replaceFile writes a file anew, whole or not at all, and makes it durable.
func replaceFile(path string, text []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
