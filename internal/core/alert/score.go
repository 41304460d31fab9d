// SPDX-License-Identifier: Apache-2.0

package alert

import "github.com/tocsin-siem/tocsin/internal/core/event"

// Level is the threat level's word.
type Level string

// The levels: a score of 0 to 19, 20 to 49, 50 to 79, 80 to 100.
const (
	LevelLow      Level = "low"
	LevelMedium   Level = "medium"
	LevelHigh     Level = "high"
	LevelCritical Level = "critical"
)

// Score is the threat score over open anomalies: 40 for each critical one, 20
// for high, 10 for medium, 5 for low, at most 100; and its level.
func Score(open Counts) (score int, level Level) {
	weights := [...]int64{event.Low: 5, event.Medium: 10, event.High: 20, event.Critical: 40}
	for severity, weight := range weights {
		n := min(open[event.Severity(severity)], 100)
		score += int(max(n, 0) * weight)
	}
	score = min(score, 100)
	switch {
	case score >= 80:
		return score, LevelCritical
	case score >= 50:
		return score, LevelHigh
	case score >= 20:
		return score, LevelMedium
	default:
		return score, LevelLow
	}
}
