// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// maxDatabase bounds a database of the user's own, in bytes.
const maxDatabase = 512 << 20

// fileState tells a file from what it was.
type fileState struct {
	path string
	size int64
	time time.Time
}

// states looks at all files; one that is not there has size -1.
func states(opt Options) []fileState {
	paths := opt.Files
	if opt.Assets != "" {
		paths = append(slices.Clip(paths), opt.Assets)
	}
	all := make([]fileState, len(paths))
	for i, path := range paths {
		all[i] = fileState{path: path, size: -1}
		if info, err := os.Stat(path); err == nil {
			all[i].size, all[i].time = info.Size(), info.ModTime()
		}
	}
	return all
}

// read reads everything. The states are those from before the reading, so that a file
// that changes meanwhile is read once more.
func read(opt Options) (*knowledge, []fileState, error) {
	seen := states(opt)
	k := &knowledge{places: newCache[place](placeSlots)}
	for _, path := range opt.Files {
		content, err := readFile(path, maxDatabase)
		if err != nil {
			return nil, nil, err
		}
		d, err := openDatabase(path, content)
		if err != nil {
			return nil, nil, err
		}
		if err := d.verify(); err != nil { // those that the program carries are of our making
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		k.databases = append(k.databases, d)
	}
	for _, own := range [...]struct {
		name    string
		content []byte
	}{{"built-in countries", opt.Country}, {"built-in autonomous systems", opt.AS}} {
		if len(own.content) == 0 {
			continue
		}
		d, err := openDatabase(own.name, own.content)
		if err != nil {
			return nil, nil, err
		}
		k.databases = append(k.databases, d)
	}
	if opt.Assets == "" {
		return k, seen, nil
	}
	f, err := os.Open(opt.Assets)
	if err != nil {
		return nil, nil, fmt.Errorf("assets: %w", err)
	}
	defer func() { _ = f.Close() }()
	if k.assets, err = readAssets(&bounded{in: f, left: maxAssetsBytes}); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", opt.Assets, err)
	}
	return k, seen, nil
}

// readFile reads a file of at most that size.
func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(&bounded{in: f, left: most})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, nil
}

// bounded fails where a file is larger than it may be.
type bounded struct {
	in   io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errors.New("the file is too large")
	}
	return n, err
}
