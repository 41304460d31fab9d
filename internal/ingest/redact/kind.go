// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// Kind is what a secret is.
type Kind uint8

// The kinds. The zero value is none.
const (
	_ Kind = iota
	Password
	Secret
	Token
	APIKey
	Authorization
	Cookie
	JWT
	PrivateKey
	CloudKey
	ModelKey
	Card
	kindEnd
)

// String is the kind's word in tokens and marks.
func (k Kind) String() string {
	switch k {
	case Password:
		return "password"
	case Secret:
		return "secret"
	case Token:
		return "token"
	case APIKey:
		return "api_key"
	case Authorization:
		return "authorization"
	case Cookie:
		return "cookie"
	case JWT:
		return "jwt"
	case PrivateKey:
		return "private_key"
	case CloudKey:
		return "cloud_key"
	case ModelKey:
		return "model_key"
	case Card:
		return "card"
	default:
		return ""
	}
}

const tokenHead = "[redacted:"

// Token is what stands for a secret of this kind.
func (k Kind) Token() string { return tokenHead + k.String() + "]" }

// isToken tells whether a text starts with what stands for a secret.
func isToken(s string) bool { return strings.HasPrefix(s, tokenHead) }

// Kinds is a set of kinds; 0 is the empty one.
type Kinds uint32

// Has tells whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }

func (s Kinds) with(k Kind) Kinds { return s | 1<<k }
