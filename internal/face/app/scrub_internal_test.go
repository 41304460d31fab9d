// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A check keeps to its share of the time, is spread over its hour, and does not keep
// its result back.
func TestPacer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pass  scrubPass
		files int
		work  time.Duration // for each file
		want  time.Duration // of the whole check
	}{
		"its share":               {scrubPass{share: .1}, 5, time.Second, 4*10*time.Second + time.Second},
		"half of the time":        {scrubPass{share: .5}, 3, time.Second, 2*2*time.Second + time.Second},
		"spread over an hour":     {scrubPass{share: .1, spread: time.Hour}, 60, time.Second, 59*time.Minute + time.Second},
		"more than an hour holds": {scrubPass{share: .1, spread: time.Hour}, 600, time.Minute, 599*10*time.Minute + time.Minute},
		"one file":                {scrubPass{share: .1, spread: time.Hour}, 1, time.Second, time.Second},
		"none":                    {scrubPass{share: .1, spread: time.Hour}, 0, time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				p := pacer{pass: c.pass, files: c.files, last: began}
				for range max(c.files, 1) {
					time.Sleep(c.work)
					if err := p.pace(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took != c.want {
					t.Errorf("it took %s, want %s", took, c.want)
				}
			})
		})
	}
}

// Damage that is met ends a pass that is not about it, and the end of the server every.
func TestPacerIsInterrupted(t *testing.T) {
	t.Parallel()
	suspect := make(chan struct{}, 1)
	suspect <- struct{}{}
	p := pacer{pass: scrubPass{share: .1, spread: time.Hour}, files: 2, suspect: suspect, last: time.Now()}
	if err := p.pace(t.Context()); !errors.Is(err, errSuspect) {
		t.Errorf("damage: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p = pacer{pass: scrubPass{share: .1, spread: time.Hour}, files: 2, last: time.Now()}
	if err := p.pace(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the end: %v", err)
	}
}
