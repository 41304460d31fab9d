// SPDX-License-Identifier: Apache-2.0

package normalize

import "strings"

// parseKernel reads the kernel's lines: those of the audit system and those of the
// packet filter.
func parseKernel(l *line, body string) bool {
	uptime, rest := cutUptime(body)
	if !parseAuditd(l, rest) {
		return false
	}
	if uptime != "" {
		l.text("uptime", uptime)
	}
	return true
}

// cutUptime cuts the seconds since the start of the machine, `[242139.570870] `.
func cutUptime(s string) (uptime, rest string) {
	if !strings.HasPrefix(s, "[") {
		return "", s
	}
	inner, rest, ok := strings.Cut(s[1:], "] ")
	inner = strings.TrimLeft(inner, " ")
	whole, fraction, dot := strings.Cut(inner, ".")
	if !ok || !dot || len(inner) > 32 || !isDigits(whole) || strings.Trim(fraction, "0123456789") != "" {
		return "", s
	}
	return inner, rest
}
