// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"fmt"
	"strings"
)

// Kind is what a secret or a piece of personal data is.
type Kind uint8

// The kinds. The zero value is none. Those up to Webhook are secrets, the others
// are personal data.
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
	Webhook
	Card
	IBAN
	SSN
	CNP
	Email
	Phone
	kindEnd
)

// String is the kind's word in tokens, marks and the configuration.
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
	case Webhook:
		return "webhook"
	case Card:
		return "card"
	case IBAN:
		return "iban"
	case SSN:
		return "ssn"
	case CNP:
		return "cnp"
	case Email:
		return "email"
	case Phone:
		return "phone"
	default:
		return ""
	}
}

// secret tells whether the kind opens a door: what is never kept, and never told
// by a pseudonym either.
func (k Kind) secret() bool { return k >= Password && k <= Webhook }

// ParseKind returns the kind of a word.
func ParseKind(word string) (Kind, error) {
	words := make([]string, 0, kindEnd)
	for k := Kind(1); k < kindEnd; k++ {
		if k.String() == word {
			return k, nil
		}
		words = append(words, k.String())
	}
	return 0, fmt.Errorf("%q is no kind, want one of %s", word, strings.Join(words, ", "))
}

const tokenHead = "[redacted:"

// Token is what stands for a secret of this kind.
func (k Kind) Token() string { return tokenHead + k.String() + "]" }

// isToken tells whether a text starts with what stands for a secret.
func isToken(s string) bool { return strings.HasPrefix(s, tokenHead) }

// Kinds is a set of kinds; 0 is the empty one.
type Kinds uint32

// personal are the kinds that make an event relevant for data protection; a card
// has a flag of its own.
const personal Kinds = 1<<IBAN | 1<<SSN | 1<<CNP | 1<<Email | 1<<Phone

// Has tells whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }

func (s Kinds) with(k Kind) Kinds { return s | 1<<k }
