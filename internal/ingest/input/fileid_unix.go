// SPDX-License-Identifier: Apache-2.0

//go:build unix

package input

import (
	"io/fs"
	"syscall"
)

// keyOf returns the place of a file in its file system.
func keyOf(info fs.FileInfo) fileKey {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fileKey{Dev: uint64(st.Dev), Ino: st.Ino} //nolint:gosec,unconvert,nolintlint // signed on some systems
	}
	return fileKey{}
}
