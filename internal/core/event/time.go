// SPDX-License-Identifier: Apache-2.0

package event

import "time"

// The range of times that an event can carry, in nanoseconds since 1970 UTC.
// A time outside of it is refused by the format that reads it.
const (
	MinTime int64 = 0
	MaxTime int64 = 1<<63 - 1 // 2262-04-11
)

// AppendTime appends nanoseconds since 1970 as RFC 3339 in UTC.
func AppendTime(dst []byte, ns int64) []byte {
	return time.Unix(0, ns).UTC().AppendFormat(dst, time.RFC3339Nano)
}

// FormatTime returns nanoseconds since 1970 as RFC 3339 in UTC.
func FormatTime(ns int64) string { return string(AppendTime(nil, ns)) }
