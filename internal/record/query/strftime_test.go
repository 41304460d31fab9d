// SPDX-License-Identifier: Apache-2.0

package query

import "testing"

// TestStrftime: each letter is written, and what is not known is left as it is.
func TestStrftime(t *testing.T) {
	t.Parallel()
	f := func(format, want, unknown string) {
		t.Helper()
		if got, bad := strftime(1_793_350_805_123_456_789, format); got != want || bad != unknown {
			t.Errorf("%s: %q, %q; want %q, %q", format, got, bad, want, unknown)
		}
	}
	f("%Y-%m-%d %H:%M:%S", "2026-10-30 09:00:05", "")
	f("%F %T.%L %N %z %Z", "2026-10-30 09:00:05.123 123456789 +0000 UTC", "")
	f("%y %b %B %e %a %A %I %p", "26 Oct October 30 Fri Friday 09 AM", "")
	f("%j %u %w %V %G %s %%", "303 5 5 44 2026 1793350805 %", "")
	f("%Q %k x%", "%Q %k x%", "%Q")
	f("", "", "")
}
