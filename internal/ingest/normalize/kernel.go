// SPDX-License-Identifier: Apache-2.0

package normalize

import "strings"

// parseKernel reads the kernel's lines: those of the packet filter and those of the audit
// system.
func parseKernel(l *line, body string) bool {
	uptime, rest := cutUptime(body)
	if !parseNetfilter(l, rest) && !parseAuditd(l, rest) {
		return false
	}
	if uptime != "" {
		l.text("uptime", uptime)
	}
	return true
}

// looksLikeKernel tells whether a text begins with the seconds since the start, as the
// kernel's own log does.
func looksLikeKernel(s string) bool {
	if !strings.HasPrefix(s, "[") {
		return false
	}
	uptime, _ := cutUptime(s)
	return uptime != ""
}

// cutUptime cuts the seconds since the start of the machine, `[242139.570870] `.
func cutUptime(s string) (uptime, rest string) {
	if !strings.HasPrefix(s, "[") {
		return "", s
	}
	end := strings.IndexByte(s[:min(len(s), 34)], ']')
	if end < 0 || end+1 >= len(s) || s[end+1] != ' ' {
		return "", s
	}
	inner := strings.TrimLeft(s[1:end], " ")
	whole, fraction, dot := strings.Cut(inner, ".")
	if !dot || !isDigits(whole) || strings.Trim(fraction, "0123456789") != "" {
		return "", s
	}
	return inner, s[end+2:]
}
