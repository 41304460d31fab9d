// SPDX-License-Identifier: Apache-2.0

package window

import (
	"crypto/sha256"
	"strings"
)

// maxValueBytes is the longest value that is kept as it is; a longer one is kept
// as its hash, so that long values cost no memory.
const maxValueBytes = 128

// maxScanned is how many values are looked through one by one; more have an index,
// so that the many keys with a few values stay small.
const maxScanned = 8

// values are the distinct values of a track: each has an index, counts how many
// entries hold it and how many of these lie in the newest window. Indexes of
// forgotten values are used again.
type values struct {
	index   map[string]int32
	names   []string
	held    []int32
	window  []int32
	free    []int32
	present int64 // values with window > 0
}

// intern returns the index of a value and holds it once.
func (v *values) intern(s string) int32 {
	if len(s) > maxValueBytes {
		sum := sha256.Sum256([]byte(s))
		s = "\x00" + string(sum[:])
	}
	i, ok := v.find(s)
	if ok {
		v.held[i]++
		return i
	}
	s = strings.Clone(s)
	if n := len(v.free); n > 0 {
		i, v.free = v.free[n-1], v.free[:n-1]
		v.names[i], v.held[i], v.window[i] = s, 1, 0
	} else {
		i = int32(len(v.names)) //nolint:gosec // at most maxEntries+1
		v.names, v.held, v.window = append(v.names, s), append(v.held, 1), append(v.window, 0)
	}
	switch {
	case v.index != nil:
		v.index[s] = i
	case len(v.names) > maxScanned:
		v.index = make(map[string]int32, 2*len(v.names))
		for k, name := range v.names {
			if v.held[k] > 0 {
				v.index[name] = int32(k)
			}
		}
	}
	return i
}

func (v *values) find(s string) (i int32, ok bool) {
	if v.index != nil {
		i, ok = v.index[s]
		return i, ok
	}
	for k, name := range v.names {
		if name == s && v.held[k] > 0 {
			return int32(k), true
		}
	}
	return 0, false
}

// release gives up one hold.
func (v *values) release(i int32) {
	v.held[i]--
	if v.held[i] == 0 {
		delete(v.index, v.names[i])
		v.names[i] = ""
		v.free = append(v.free, i)
	}
}

func (v *values) enter(i int32) {
	v.window[i]++
	if v.window[i] == 1 {
		v.present++
	}
}

func (v *values) leave(i int32) {
	v.window[i]--
	if v.window[i] == 0 {
		v.present--
	}
}
