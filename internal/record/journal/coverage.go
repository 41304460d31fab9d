// SPDX-License-Identifier: Apache-2.0

package journal

// coverage is what the headers of a file's ranges say together.
type coverage struct {
	stream                   string
	firstNumber, lastNumber  uint64 // ranges
	first, last              uint64 // seq
	minReceived, maxReceived int64
	minTime, maxTime         int64
	minOrd, maxOrd           uint64
	rows                     int
}

// add widens the coverage by the next range.
func (s *coverage) add(h *Header) {
	rows := int(h.Count - h.Lost)
	if s.stream == "" {
		*s = coverage{stream: h.Stream, firstNumber: h.Number, first: h.First}
	}
	s.lastNumber, s.last = h.Number, h.Last()
	if rows == 0 {
		return
	}
	if s.rows == 0 {
		s.minReceived, s.maxReceived, s.minTime, s.maxTime = h.MinReceived, h.MaxReceived, h.MinTime, h.MaxTime
		s.minOrd, s.maxOrd = h.FirstOrd, h.LastOrd
	}
	s.minReceived, s.maxReceived = min(s.minReceived, h.MinReceived), max(s.maxReceived, h.MaxReceived)
	s.minTime, s.maxTime = min(s.minTime, h.MinTime), max(s.maxTime, h.MaxTime)
	s.minOrd, s.maxOrd = min(s.minOrd, h.FirstOrd), max(s.maxOrd, h.LastOrd)
	s.rows += rows
}

// coverageOf is the coverage of a file's ranges.
func coverageOf(m fileMeta) (s coverage) {
	for i := range m {
		s.add(&m[i].Header)
	}
	return s
}
