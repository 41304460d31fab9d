// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// nanosPerHour is the width of a bucket.
	nanosPerHour = int64(3600) * 1e9
	// maxBuckets is where counts stop to pay: a file with more hours has no
	// rollup, one with more combinations has no buckets.
	maxBuckets = 8192
)

// Rollup is how many rows of a segment there are by hour, by source, by
// category and by severity, and, where these do not have too many combinations,
// by all four together.
type Rollup struct {
	// Hours, Sources, Categories and Severities each count all rows; their keys
	// rise. They are hours since 1970 UTC by the event's time, codes of the
	// dictionaries, and severities.
	Hours, Sources, Categories, Severities []KeyCount
	// Buckets count all rows by the four together; nil when they were too many.
	Buckets []Bucket
}

// KeyCount is a value and the number of rows that have it.
type KeyCount struct {
	Key  int64
	Rows uint32
}

// Bucket counts the rows of one hour, source, category and severity.
type Bucket struct {
	// Hour is the number of whole hours since 1970 UTC, by the event's time.
	Hour int64
	// Source and Category are codes of the dictionaries of these columns.
	Source, Category uint16
	Severity         event.Severity
	Rows             uint32
}

// HourOf is the number of whole hours since 1970 UTC of a time in nanoseconds.
func HourOf(nanos int64) int64 {
	h := nanos / nanosPerHour
	if nanos%nanosPerHour < 0 {
		h--
	}
	return h
}

type bucketKey struct {
	hour             int64
	source, category uint16
	severity         byte
}

// rollup counts all rows of r; nil when source or category are not held by
// code, or when there are too many hours.
func rollup(r Reader) (*Rollup, error) {
	var counts [4]map[int64]uint32
	for i := range counts {
		counts[i] = map[int64]uint32{}
	}
	buckets := map[bucketKey]uint32{}
	for page := range Pages(r) {
		if r.Raw(ColSource, page) || r.Raw(ColCategory, page) {
			return nil, nil //nolint:nilnil // as its comment says
		}
		times, err := r.Ints(ColTime, page)
		if err != nil {
			return nil, err
		}
		severities, err := r.Bytes(ColSeverity, page)
		if err != nil {
			return nil, err
		}
		sources, err := r.Texts(ColSource, page)
		if err != nil {
			return nil, err
		}
		categories, err := r.Texts(ColCategory, page)
		if err != nil {
			return nil, err
		}
		for i, t := range times {
			k := bucketKey{HourOf(t), sources.Code(i), categories.Code(i), severities[i]}
			if buckets != nil {
				buckets[k]++
			}
			counts[0][k.hour]++
			counts[1][int64(k.source)]++
			counts[2][int64(k.category)]++
			counts[3][int64(k.severity)]++
		}
		if len(counts[0]) > maxBuckets {
			return nil, nil //nolint:nilnil // as its comment says
		}
		if len(buckets) > maxBuckets {
			buckets = nil
		}
	}
	return &Rollup{
		Hours: keyCounts(counts[0]), Sources: keyCounts(counts[1]), Categories: keyCounts(counts[2]), Severities: keyCounts(counts[3]),
		Buckets: sortedBuckets(buckets),
	}, nil
}

func keyCounts(counts map[int64]uint32) []KeyCount {
	out := make([]KeyCount, 0, len(counts))
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, KeyCount{Key: k, Rows: counts[k]})
	}
	return out
}

func sortedBuckets(counts map[bucketKey]uint32) []Bucket {
	if counts == nil {
		return nil
	}
	buckets := make([]Bucket, 0, len(counts))
	for k, n := range counts {
		buckets = append(buckets, Bucket{k.hour, k.source, k.category, event.Severity(k.severity), n})
	}
	slices.SortFunc(buckets, func(a, b Bucket) int {
		return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Category, b.Category), cmp.Compare(a.Severity, b.Severity))
	})
	return buckets
}

// appendRollup appends formRollup.
func appendRollup(b []byte, r *Rollup) []byte {
	for _, counts := range [...][]KeyCount{r.Hours, r.Sources, r.Categories, r.Severities} {
		b = binary.AppendUvarint(b, uint64(len(counts)))
		last := int64(0)
		for _, c := range counts {
			b = binary.AppendVarint(b, c.Key-last)
			b = binary.AppendUvarint(b, uint64(c.Rows))
			last = c.Key
		}
	}
	if r.Buckets == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(append(b, 1), uint64(len(r.Buckets)))
	last := int64(0)
	for _, k := range r.Buckets {
		b = binary.AppendVarint(b, k.Hour-last)
		b = binary.AppendUvarint(b, uint64(k.Source))
		b = binary.AppendUvarint(b, uint64(k.Category))
		b = append(b, byte(k.Severity))
		b = binary.AppendUvarint(b, uint64(k.Rows))
		last = k.Hour
	}
	return b
}

// decodeRollup reads formRollup. Each of its lists must add up to rows, and the
// codes lie below those of the two dictionaries.
func decodeRollup(body []byte, rows, sources, categories int) (*Rollup, bool) {
	r := scanner[[]byte]{s: body}
	u := &Rollup{}
	sources, categories = max(sources, int(CodeFirst)), max(categories, int(CodeFirst))
	for _, list := range [...]struct {
		to     *[]KeyCount
		lo, hi int64
	}{
		{&u.Hours, -1 << 62, 1 << 62},
		{&u.Sources, 0, int64(sources)},
		{&u.Categories, 0, int64(categories)},
		{&u.Severities, 0, 256},
	} {
		counts := make([]KeyCount, r.count(2))
		key, total := int64(0), uint64(0)
		for i := range counts {
			key += r.varint()
			n := r.uvarint()
			if total += n; r.bad || key < list.lo || key >= list.hi || n > MaxRows {
				return nil, false
			}
			counts[i] = KeyCount{Key: key, Rows: uint32(n)}
		}
		if total != uint64(rows) { //nolint:gosec // a length
			return nil, false
		}
		*list.to = counts
	}
	if r.byte() == 0 {
		return u, !r.bad && len(r.s) == 0
	}
	u.Buckets = make([]Bucket, r.count(5))
	hour, total := int64(0), uint64(0)
	for i := range u.Buckets {
		hour += r.varint()
		source, category := r.uvarint(), r.uvarint()
		severity, n := r.byte(), r.uvarint()
		total += n
		if r.bad || source >= uint64(sources) || category >= uint64(categories) || n > MaxRows {
			return nil, false
		}
		u.Buckets[i] = Bucket{hour, uint16(source), uint16(category), event.Severity(severity), uint32(n)} //nolint:gosec // compared
	}
	return u, len(r.s) == 0 && total == uint64(rows) //nolint:gosec // a length
}
