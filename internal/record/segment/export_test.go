// SPDX-License-Identifier: Apache-2.0

package segment

import "bytes"

// OpenBytes is OpenFile of a file that lies in memory.
func OpenBytes(b []byte, cache *Cache) (*File, error) {
	return newFile("bytes", bytes.NewReader(b), int64(len(b)), cache)
}
