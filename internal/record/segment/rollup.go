// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"cmp"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// nanosPerHour is the width of a Bucket.
	nanosPerHour = int64(3600) * 1e9
	// maxBuckets is where a rollup stops to pay: the file then has none.
	maxBuckets = 8192
)

// HourOf is the number of whole hours since 1970 UTC of a time in nanoseconds.
func HourOf(nanos int64) int64 {
	h := nanos / nanosPerHour
	if nanos%nanosPerHour < 0 {
		h--
	}
	return h
}

// rollup counts all rows of r. ok is false when source or category are not
// held by code, or when there would be too many buckets.
func rollup(r Reader) (buckets []Bucket, ok bool, err error) {
	type key struct {
		hour             int64
		source, category uint16
		severity         byte
	}
	counts := map[key]uint32{}
	for page := range Pages(r) {
		times, err := r.Ints(ColTime, page)
		if err != nil {
			return nil, false, err
		}
		severities, err := r.Bytes(ColSeverity, page)
		if err != nil {
			return nil, false, err
		}
		sources, err := r.Texts(ColSource, page)
		if err != nil {
			return nil, false, err
		}
		categories, err := r.Texts(ColCategory, page)
		if err != nil {
			return nil, false, err
		}
		if sources.Raw() || categories.Raw() {
			return nil, false, nil
		}
		for i, t := range times {
			counts[key{HourOf(t), sources.Code(i), categories.Code(i), severities[i]}]++
		}
		if len(counts) > maxBuckets {
			return nil, false, nil
		}
	}
	buckets = make([]Bucket, 0, len(counts))
	for k, n := range counts {
		buckets = append(buckets, Bucket{k.hour, k.source, k.category, event.Severity(k.severity), n})
	}
	slices.SortFunc(buckets, func(a, b Bucket) int {
		return cmp.Or(cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Source, b.Source),
			cmp.Compare(a.Category, b.Category), cmp.Compare(a.Severity, b.Severity))
	})
	return buckets, true, nil
}

// decodeRollup reads formRollup. Its counts must add up to rows and its codes
// lie below those of the two dictionaries.
func decodeRollup(body []byte, rows, sources, categories int) ([]Bucket, bool) {
	r := scanner[[]byte]{s: body}
	n := r.count(5)
	if n > maxBuckets {
		return nil, false
	}
	buckets := make([]Bucket, n)
	hour, total := int64(0), uint64(0)
	for i := range buckets {
		hour += r.varint()
		source, category := r.uvarint(), r.uvarint()
		severity, count := r.byte(), r.uvarint()
		total += count
		if r.bad || !below(source, sources) || !below(category, categories) || count > MaxRows {
			return nil, false
		}
		buckets[i] = Bucket{hour, uint16(source), uint16(category), event.Severity(severity), uint32(count)} //nolint:gosec // compared
	}
	return buckets, len(r.s) == 0 && total == uint64(rows) //nolint:gosec // a length
}

// below tells whether a code exists; absent is one even without a dictionary.
func below(code uint64, codes int) bool { return code < uint64(max(codes, int(CodeFirst))) }
