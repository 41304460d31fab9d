// SPDX-License-Identifier: Apache-2.0

package journal

import "sort"

// fileOf is the sealed file with an entry.
func (j *Journal) fileOf(stream string, seq uint64) (*sealedFile, bool) {
	return j.fileIn(nil, stream, seq)
}

// fileIn is the sealed file with an entry of an archive, nil for the journal itself.
func (j *Journal) fileIn(a *archive, stream string, seq uint64) (*sealedFile, bool) {
	j.view.mu.Lock()
	defer j.view.mu.Unlock()
	list := j.view.sealed
	if a != nil {
		list = j.view.archived
	}
	for _, s := range list {
		if s.home == a && s.stream == stream && s.first <= seq && seq <= s.last {
			return s, true
		}
	}
	return nil, false
}

// Covered tells whether the newest checkpoint covers an entry, or one after it in its
// stream: then it can be proven without sealing anything.
func (j *Journal) Covered(stream string, seq uint64) bool {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := v.streams[stream]
	n := sort.Search(len(list), func(i int) bool { return list[i].index >= v.size }) // under the checkpoint
	if n == 0 {
		return false
	}
	l, err := v.log.at(list[n-1].index)
	return err == nil && l.Header.Last() >= seq
}

// prunedUpTo is the last sequence number of a stream that retention has dropped, of an
// archive or, with nil, of the journal itself; 0 when it has dropped none. The sealer's.
func (j *Journal) prunedUpTo(a *archive, stream string) uint64 {
	if a != nil {
		at, ok := a.indexOf(stream, a.manifest.pruned[stream])
		if !ok {
			return 0
		}
		return a.lasts[at]
	}
	at, ok := j.indexOf(stream, j.seal.manifest.pruned[stream])
	if !ok {
		return 0
	}
	l, err := j.headerAt(at)
	if err != nil {
		return 0
	}
	return l.Header.Last()
}

// Entries is how many entries Verify would look at, about: those of all files that have
// an event between from and to (0 is no limit), and those that are not sealed.
func (j *Journal) Entries(from, to int64) (n int64) {
	j.view.mu.Lock()
	defer j.view.mu.Unlock()
	for _, s := range j.view.sealed {
		if (from == 0 || s.maxTime >= from) && (to == 0 || s.minTime <= to) {
			n += int64(s.rows)
		}
	}
	for _, h := range j.view.hot {
		n += int64(h.block.Reader().Rows())
	}
	return n
}

// headerAt reads a header of the log.
func (j *Journal) headerAt(index uint64) (logged, error) {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.log.at(index)
}

// indexOf is where the log has the header of a stream's range.
func (j *Journal) indexOf(stream string, number uint64) (uint64, bool) {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := v.streams[stream]
	i := sort.Search(len(list), func(i int) bool { return list[i].number >= number })
	if i == len(list) || list[i].number != number {
		return 0, false
	}
	return list[i].index, true
}
