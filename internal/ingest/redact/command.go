// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// maxCommand is how far before an option its command is looked for.
const maxCommand = 96

// optionAt matches the value of a long option with a telling name: --password x.
// One with = is a pair.
func optionAt(s string, start int) span {
	if start > 0 && s[start-1] == '-' || start+2 < len(s) && s[start+2] == '-' {
		return span{}
	}
	end := wordEnd(s, start+2)
	if end-start > maxKey || end+1 >= len(s) || end == start+2 {
		return span{}
	}
	kind := keyKind(s[start+2 : end])
	if kind == 0 {
		return span{}
	}
	return argument(s, end, kind)
}

// argument matches the argument behind an option that ends at i: behind a blank, or
// as the next text of a list.
func argument(s string, i int, kind Kind) span {
	gap := i
	for gap < len(s) && gap-i < maxGap+1 && (s[gap] == ' ' || s[gap] == '"' || s[gap] == '\'' || s[gap] == ',') {
		gap++
	}
	if gap == i || gap >= len(s) || s[gap] == '-' || s[gap-1] == ',' || isToken(s[gap:]) {
		return span{}
	}
	if q := s[gap-1]; q == '"' || q == '\'' {
		if gap-1 == i { // the quote closed the option
			return span{}
		}
		return sized(s, gap, quoteEnd(s, gap, q, 0), kind)
	}
	return sized(s, gap, bareEnd(s, gap), kind)
}

// flag is a short option of a command whose argument is a secret.
type flag struct {
	command string
	letters string
	// glued tells that the argument stands right behind the letter, and only there.
	glued bool
	// pair tells that the argument is user:password.
	pair byte
}

// flagAt matches a secret in a short option: mysql -pSECRET, sshpass -p SECRET,
// curl -u user:SECRET. start is the byte before the dash.
func flagAt(s string, start int) span {
	if start+3 >= len(s) || strings.IndexByte("pPauUw", s[start+2]) < 0 {
		return span{}
	}
	line := s[max(0, start-maxCommand):start]
	if i := strings.LastIndexAny(line, "\n;|"); i >= 0 {
		line = line[i+1:]
	}
	for _, f := range [...]flag{
		{command: "mysql", letters: "p", glued: true},
		{command: "mariadb", letters: "p", glued: true},
		{command: "sshpass", letters: "p"},
		{command: "docker login", letters: "p"},
		{command: "podman login", letters: "p"},
		{command: "redis-cli", letters: "a"},
		{command: "sqlcmd", letters: "P"},
		{command: "bcp ", letters: "P"},
		{command: "mosquitto_", letters: "P"}, //nolint:misspell // its name
		{command: "ipmitool", letters: "P"},
		{command: "mongo", letters: "p"},
		{command: "ldap", letters: "w"},
		{command: "curl", letters: "uU", pair: ':'},
		{command: "smbclient", letters: "U", pair: '%'},
	} {
		if strings.IndexByte(f.letters, s[start+2]) < 0 || !strings.Contains(line, f.command) {
			continue
		}
		return f.value(s, start+3)
	}
	return span{}
}

// value matches the argument that begins at or behind i.
func (f *flag) value(s string, i int) span {
	sp := span{i, bareEnd(s, i), Password}
	if c := s[i]; c == ' ' || c == '"' || c == '\'' {
		if f.glued {
			return span{}
		}
		sp = argument(s, i, Password)
	}
	if sp.kind == 0 || isToken(s[sp.from:]) {
		return span{}
	}
	if f.pair != 0 {
		sign := strings.IndexByte(s[sp.from:sp.to], f.pair)
		if sign < 0 {
			return span{}
		}
		sp.from += sign + 1
	}
	return sized(s, sp.from, sp.to, Password)
}
