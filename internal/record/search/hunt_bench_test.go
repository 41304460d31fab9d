// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// hunted are hunts of each kind: those that the first page answers, those that look for
// what is rare, and those that count everything.
func hunted() map[string]string {
	return map[string]string{
		"newest":     "*",
		"filter":     "category=category_07 severity>=medium",
		"or":         "category=category_07 OR user=user0001@example.com",
		"not":        "source=authentication NOT outcome=failure -user=user0001@example.com",
		"word":       "mimikatz",
		"regex":      `message=/mimikatz d/`,
		"cidr":       "ip=198.51.99.0/24",
		"rareattr":   "request_id=00000000deadbeef",
		"number":     "risk_score>=100 severity=critical",
		"head":       "failed | head 20 | table time, user",
		"count":      "* | stats count",
		"bycategory": "* | stats count by category",
		"byuser":     "* | stats count by user",
		"bytwo":      "severity>=high | stats count by category, user",
		"chart":      "* | timechart span=1h count by category",
		"top":        "* | top limit=20 user",
		"sum":        "* | stats avg(risk_score) by source",
		"sort":       "severity=critical category=category_07 | sort -user | head 10",
		"dedup":      "* | dedup category | table category, user",
	}
}

func BenchmarkHunt(b *testing.B) {
	f := newFixture(b, 1_000_000, 64<<20)
	for form, s := range map[string]*search.Searcher{"hot": f.hot, "file": f.files} {
		for name, text := range hunted() {
			h, err := query.Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(form+"/"+name, func(b *testing.B) {
				measure(b, func() {
					if _, err := s.Hunt(b.Context(), h, query.HuntOptions{Limits: query.Limits{Now: time.Unix(0, benchStart)}}); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}
