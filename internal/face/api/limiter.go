// SPDX-License-Identifier: Apache-2.0

package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Requests of one caller: enough for a busy page and a script, too few to keep the
// machine from its work.
const (
	requestsPerSecond = 50
	requestsBurst     = 200
	maxLimits         = 10_000
)

// limiter bounds the requests of each authenticated caller. Callers are users and
// tokens that exist, so that strangers cannot fill it.
type limiter struct {
	mu     sync.Mutex
	limits map[string]*rate.Limiter
}

func newLimiter() *limiter { return &limiter{limits: map[string]*rate.Limiter{}} }

// allow tells whether the caller may go on, and if not, when.
func (l *limiter) allow(id string) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.limits[id]
	if limit == nil {
		if len(l.limits) >= maxLimits {
			clear(l.limits)
		}
		limit = rate.NewLimiter(requestsPerSecond, requestsBurst)
		l.limits[id] = limit
	}
	return time.Second, limit.Allow()
}
