// SPDX-License-Identifier: Apache-2.0

// Package backup is the file that a backup is kept in: named parts, each with its
// size and SHA-256 in a table of contents.
//
//	Create → Put, Put, … → Finish → (read it again) → Publish
//	Open → Contents → Read, Extract → CheckRest → Close
//
// The file is a tar archive, compressed with zstd: `tar --zstd -xf` takes it apart.
// Each part is a zstd frame of its own, so that any part can be read without those
// before it, and several at once. The table of contents, contents.json, is the last
// part; a frame that decompressors skip, at the very end, says where it begins.
// docs/journal-format.md has the bytes.
//
// Guarantees:
//
//   - A file has its name only after Publish: until then it is NAME.partial, and
//     whatever ends the process leaves no file that looks whole.
//   - Every byte of the file is under a SHA-256: a flipped or missing one is found,
//     and the part is named.
//   - Memory does not grow with the size of parts. Sizes are checked before they are
//     believed.
//
// Concurrency: a Writer is used by one goroutine; the methods of a Reader may be
// called by many.
package backup

import (
	"encoding/json"
	"errors"
	"time"
)

// Version is the format that this package writes, and the newest that it reads.
const Version = 1

const (
	contentsName = "contents.json"
	// maxContents bounds the table of contents, in bytes and in parts.
	maxContents = 128 << 20
	maxParts    = 1 << 18
	// maxWindow bounds what a decompressor may have to remember.
	maxWindow = 8 << 20
)

// The errors that a caller can tell apart.
var (
	// ErrDamaged: the file is not what was written. The text names the part.
	ErrDamaged = errors.New("backup is damaged")
	// ErrNewer: the file's format is newer than this program.
	ErrNewer = errors.New("backup is of a newer format")
	// ErrExists: there is a file of that name already.
	ErrExists = errors.New("file exists already")
	// ErrBusy: another process writes a backup of that name.
	ErrBusy = errors.New("another backup to this file is being made")
	// ErrMissing: there is no such part.
	ErrMissing = errors.New("backup has no such part")
)

// Contents is the table of contents.
type Contents struct {
	Format  string    `json:"format"` // tocsin-backup
	Version int       `json:"version"`
	Created time.Time `json:"created"`
	// Info is the writer's own.
	Info  json.RawMessage `json:"info"`
	Parts []Part          `json:"parts"`
}

// Part is one file in a backup.
type Part struct {
	// Name is a path with slashes, as io/fs has them.
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // of the content, in hex
	// Offset and Stored are where its frame is in the file, and how long;
	// StoredSHA256 is of these bytes.
	Offset       int64  `json:"offset"`
	Stored       int64  `json:"stored"`
	StoredSHA256 string `json:"stored_sha256"`
}

const formatName = "tocsin-backup"
