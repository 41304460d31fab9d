// SPDX-License-Identifier: Apache-2.0

package event

import "strings"

// Severity is how bad an event, finding or alert is.
type Severity uint8

// The five severities, in order.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

// String returns the severity's word.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	case Critical:
		return "critical"
	default:
		return "invalid"
	}
}

// ParseSeverity reads one of the five words, in any case.
func ParseSeverity(s string) (sev Severity, ok bool) {
	for v := Info; v <= Critical; v++ {
		if strings.EqualFold(s, v.String()) {
			return v, true
		}
	}
	return Info, false
}

// SeverityOfLevel maps a log level of another system (syslog, GELF,
// OpenTelemetry and the usual words of loggers) to a severity. The caller keeps
// the sender's word in attrs.level. One of the five severity words is itself.
func SeverityOfLevel(word string) (sev Severity, ok bool) {
	if sev, ok = ParseSeverity(word); ok {
		return sev, true
	}
	switch strings.ToLower(word) {
	case "trace", "debug", "notice", "informational", "information", "verbose", "fine", "ok":
		return Info, true
	case "warning", "warn":
		return Low, true
	case "error", "err", "severe":
		return Medium, true
	case "crit", "alert", "fatal":
		return High, true
	case "emergency", "emerg", "panic":
		return Critical, true
	default:
		return Info, false
	}
}
