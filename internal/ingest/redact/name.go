// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// endsSecret tells whether a name that ends in c can be a secret's.
func endsSecret(c byte) bool {
	switch c | 0x20 {
	case 'd', 't', 'n', 'y', 'e', 's', 'l', 'g', 'a', 'w', 'p', 'v', 'c', '2':
		return true
	default:
		return false
	}
}

// keyKind says what a name tells about its value; 0 is nothing. Case, underscores,
// dashes and dots do not matter: apiKey, API_KEY and x-api-key are one.
func keyKind(key string) Kind {
	if len(key) < 2 || !endsSecret(key[len(key)-1]) {
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
	word := func(w string) bool { return ends(w) && startsWord(key, len(w)) }
	switch name[len(name)-1] {
	case 'd':
		switch {
		case ends("password"), ends("passwd"), ends("passwrd"), word("pwd"):
			return Password
		case ends("sessid"), ends("jsessionid"), ends("aspsessionid"):
			return Cookie
		}
	case 'e':
		switch {
		case ends("cookie"):
			return Cookie
		case ends("passphrase"), ends("passcode"):
			return Password
		case ends("amzsignature"), ends("googsignature"):
			return Secret
		case ends("samlresponse"):
			return Token
		}
	case 's':
		switch {
		case word("pass"):
			return Password
		case ends("credentials"), ends("passwords"):
			return Secret
		}
	case 't':
		switch {
		case ends("secret"):
			return Secret
		case ends("passwort"):
			return Password
		case word("jwt"):
			return JWT
		}
	case 'l':
		if ends("credential") {
			return Secret
		}
	case 'n':
		switch {
		case ends("publickeytoken"), ends("elevatedtoken"): // an assembly's name, and Windows' yes or no
			return 0
		case ends("token"), ends("clientassertion"):
			return Token
		case ends("authorization"):
			return Authorization
		}
	case 'a':
		if word("parola") {
			return Password
		}
	case 'w':
		if word("pw") {
			return Password
		}
	case 'g', 'p', 'v', 'c', '2': // a signature of a URL, a one-time password, the code on a card
		for _, w := range [...]string{"sig", "otp", "totp", "cvv", "cvc", "cvv2", "cvc2"} {
			if word(w) {
				return Secret
			}
		}
	case 'y':
		if ends("key") && isKeyName(name[:len(name)-len("key")]) {
			return APIKey
		}
	}
	return 0
}

// isKeyName tells whether the name of a key, without that word, is of one that
// opens doors.
func isKeyName(name []byte) bool {
	for _, k := range [...]string{
		"api", "access", "secret", "private", "auth", "account", "signing", "encryption", "master", "subscription", "shared", "storage", "session", "service",
		"functions", "webhook", "mistral", "together", "openai", "azure", "anthropic", "cohere", "pinecone", "groq", "deepseek", "stripe",
	} {
		if len(name) >= len(k) && string(name[len(name)-len(k):]) == k {
			return true
		}
	}
	return false
}

// attrKind is keyKind for the name of an attribute: whatever lies below cookies is
// one.
func attrKind(key string) Kind {
	if k := keyKind(key); k != 0 {
		return k
	}
	if i := strings.LastIndexByte(key, '.'); i >= len("cookies") {
		if parent := key[:i]; len(parent) >= 7 && (strings.EqualFold(parent[len(parent)-7:], "cookies") || strings.EqualFold(parent[len(parent)-6:], "cookie")) {
			return Cookie
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
