// SPDX-License-Identifier: Apache-2.0

package redact

// urlAt matches the password of user:password@host behind ://.
func urlAt(s string, i int) span {
	if i < len(s) && s[i] == '[' { // an IPv6 address; no user begins so
		return span{}
	}
	colon, at, end := -1, -1, i
	for ; end < len(s) && end-i < maxUserinfo; end++ {
		c := s[end]
		if c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' {
			break
		}
		if c == ':' && colon < 0 {
			colon = end
		}
		if c == '@' {
			at = end
		}
		if c == '/' || c == '?' || c == '#' {
			// A password may have such a byte in it; a port has not.
			if at >= 0 || colon < 0 || isNumber(s[colon+1:end]) {
				break
			}
		}
	}
	if colon < 0 || at <= colon+1 || isToken(s[colon+1:at]) {
		return span{}
	}
	return span{colon + 1, at, Password}
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
