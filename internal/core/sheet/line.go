// SPDX-License-Identifier: Apache-2.0

package sheet

// AppendLine appends a line of cells, each of them JSON; nothing or null is an empty one.
func AppendLine[T ~[]byte](dst []byte, cells []T) ([]byte, error) {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendCell(dst, cell); err != nil {
			return dst, err
		}
	}
	return append(dst, '\r', '\n'), nil
}
