// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"math/rand/v2"
	"testing"
)

// TestASlowVerifyBesideUpkeep: a check that is spread over an hour sees files merged,
// dropped and erased between any two that it reads, and raises no false alarm.
func TestASlowVerifyBesideUpkeep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, _ := openTest(t, dir, func(o *Options) { o.SealEvents = 40 })
	r := rand.New(rand.NewPCG(21, 1))
	for round := range 2 {
		for range 30 {
			if _, err := j.Append(t.Context(), lively(r, 20)); err != nil {
				t.Fatal(err)
			}
		}
		if err := j.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		paced := 0
		pace := func(ctx context.Context) error {
			if paced++; paced < 20 {
				upkeep(t, j, r, 100*round+paced) //nolint:contextcheck // the test's
				_, err := j.Append(ctx, lively(r, 3))
				return err
			}
			return nil
		}
		got, err := j.Verify(t.Context(), VerifyOptions{Workers: 1, Pace: pace})
		if err != nil {
			t.Fatal(err)
		}
		if !got.OK() || got.Verified == 0 || paced < 5 {
			t.Errorf("round %d, %d files: %s, %d of %d, %+v %+v", round, paced, got.Status, got.Verified, got.Total, got.Entries, got.Files)
		}
	}
}
