// SPDX-License-Identifier: Apache-2.0

package segment

import "hash/crc32"

// formatVersion is the version of the file's format that a Writer writes; version 2
// is read as well, without its filters, and version 1 was never released. It is raised by one when a
// reader that knows this version would misread a new file, or would have to
// refuse it as damaged: another order or meaning of bytes, a new form, another
// hash, a column that must not be skipped. A new column that old readers may skip
// leaves it as it is. From the first release on, a reader keeps reading every
// version that a release wrote, and testdata/ keeps a file of each.
const (
	formatVersion = 3
	version2      = 2 // raw pages in one piece, and a filter for each
)

// partRows is how many rows of a raw page lie in one body.
func partRows(version int) int {
	if version == version2 {
		return PageRows
	}
	return PartRows
}

// The forms of a body: what its bytes are (docs/segment-format.md).
const (
	formNone = iota
	formConst
	formInts
	formBytes
	formCodes8
	formCodes16
	formRaw
	formDict
	formRollup
	formFilter

	formZstd = 0x80
)

const (
	magicName   = "TOCSEG"
	magic       = magicName + "\x00\x03"
	magicSize   = len(magic)
	trailerSize = 8 + magicSize
	// attrPrefix begins the name of an attribute's column.
	attrPrefix = "attrs."
	maxColumns = 1024
	maxFooter  = 16 << 20
	// maxBody is the most that a body holds, uncompressed: a page and the
	// lengths of its rows.
	maxBody      = maxPageBytes + 1<<20
	expandBase   = 1 << 20
	expandFactor = 512
)

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// versionOf returns the version that a magic names, 0 when it is none.
func versionOf(b []byte) int {
	if len(b) != magicSize || string(b[:len(magicName)]) != magicName {
		return 0
	}
	return int(b[len(magicName)])<<8 | int(b[len(magicName)+1])
}
