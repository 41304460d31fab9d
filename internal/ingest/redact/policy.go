// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"fmt"
	"strings"
)

// Action is what is done with what was found.
type Action uint8

// The actions.
const (
	// Mask puts a typed token in its place, [redacted:card]. The zero value.
	Mask Action = iota
	// Keep leaves it, and only the compliance flags tell of it.
	Keep
	// Drop takes it out; a mark tells of it.
	Drop
	// Pseudonym puts a keyed name in its place that is the same for the same value,
	// [email:7f3a9c0d11e2b4a6].
	Pseudonym
	actionEnd
)

// String is the action's word in the configuration.
func (a Action) String() string {
	switch a {
	case Mask:
		return "mask"
	case Keep:
		return "keep"
	case Drop:
		return "drop"
	case Pseudonym:
		return "token"
	default:
		return ""
	}
}

// Policy says for each kind what is done with it. Make it with DefaultPolicy.
type Policy struct{ actions [kindEnd]Action }

// DefaultPolicy masks everything but e-mail addresses and phone numbers, which
// detections need.
func DefaultPolicy() Policy {
	var p Policy
	p.actions[Email], p.actions[Phone] = Keep, Keep
	return p
}

// Action is what is done with a kind.
func (p *Policy) Action(k Kind) Action { return p.actions[k] }

// Set sets the action of a kind, both by their words. It refuses words that it
// does not know, and to keep or to name what opens doors.
func (p *Policy) Set(kind, action string) error {
	k, err := ParseKind(kind)
	if err != nil {
		return err
	}
	words := make([]string, 0, actionEnd)
	for a := range actionEnd {
		words = append(words, a.String())
		if a.String() != action {
			continue
		}
		switch {
		case a == Keep && k.secret():
			return fmt.Errorf("%s: a secret cannot be kept: whoever reads the log could use it; want mask or drop", kind)
		case a == Pseudonym && k.secret():
			return fmt.Errorf("%s: a secret gets no token: short ones could be guessed from it; want mask or drop", kind)
		}
		p.actions[k] = a
		return nil
	}
	return fmt.Errorf("%s: %q is no action, want one of %s", kind, action, strings.Join(words, ", "))
}

// strictest masks every kind that one of the policies does not keep: for texts of
// which it is not known whose they are.
func strictest(policies ...*Policy) Policy {
	var strict Policy
	for k := range strict.actions {
		strict.actions[k] = Keep
		for _, p := range policies {
			if p.actions[k] != Keep {
				strict.actions[k] = Mask
			}
		}
	}
	return strict
}
