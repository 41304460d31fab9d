// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package input

import (
	"hash/fnv"
	"io/fs"
)

// keyOf stands for the place of a file where there are no inodes: its name. A file that
// was renamed counts as another one.
func keyOf(info fs.FileInfo) fileKey {
	h := fnv.New64a()
	_, _ = h.Write([]byte(info.Name()))
	return fileKey{Ino: h.Sum64()}
}
