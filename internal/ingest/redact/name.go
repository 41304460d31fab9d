// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// endsSecret tells whether a name that ends in c can be a secret's.
func endsSecret(c byte) bool {
	switch c | 0x20 {
	case 'd', 't', 'n', 'y', 'e', 's', 'l':
		return true
	default:
		return false
	}
}

// keyKind says what a name tells about its value; 0 is nothing. Case, underscores,
// dashes and dots do not matter: apiKey, API_KEY and x-api-key are one.
func keyKind(key string) Kind {
	if len(key) < 3 || !endsSecret(key[len(key)-1]) {
		return 0
	}
	var buf [24]byte // the name's end, folded
	n := len(buf)
	for i := len(key) - 1; i >= 0 && n > 0; i-- {
		if c := key[i]; c != '_' && c != '-' && c != '.' && c != ' ' {
			if isUpper(c) {
				c |= 0x20
			}
			n--
			buf[n] = c
		}
	}
	name := buf[n:]
	ends := func(suffix string) bool {
		return len(name) >= len(suffix) && string(name[len(name)-len(suffix):]) == suffix
	}
	switch name[len(name)-1] {
	case 'd':
		if ends("password") || ends("passwd") || ends("passwrd") || ends("pwd") && startsWord(key, 3) {
			return Password
		}
	case 'e':
		switch {
		case ends("cookie"):
			return Cookie
		case ends("passphrase"), ends("passcode"):
			return Password
		}
	case 's':
		if ends("pass") && startsWord(key, 4) {
			return Password
		}
		if ends("credentials") || ends("passwords") {
			return Secret
		}
	case 't':
		if ends("secret") {
			return Secret
		}
	case 'l':
		if ends("credential") {
			return Secret
		}
	case 'n':
		if ends("token") {
			return Token
		}
		if ends("authorization") {
			return Authorization
		}
	case 'y':
		for _, k := range [...]string{
			"apikey", "accesskey", "secretkey", "privatekey", "authkey", "accountkey", "signingkey", "encryptionkey", "masterkey",
		} {
			if ends(k) {
				return APIKey
			}
		}
	}
	return 0
}

// startsWord tells whether the last n characters of a name are a word of their
// own: db_pass, dbPass and pass, but not compass.
func startsWord(key string, n int) bool {
	i := len(key) - n
	if i < 0 || strings.ContainsAny(key[i:], "_-. ") {
		return false
	}
	return i == 0 || !isWord(key[i-1]) || key[i-1] == '_' || isUpper(key[i]) && !isUpper(key[i-1])
}
