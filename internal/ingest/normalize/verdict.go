// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// categoryProduct is the category of what a security product tells and that is surely
// nothing else.
const categoryProduct = "security_event"

// verdict is what a line says happened.
type verdict struct {
	category string
	outcome  event.Outcome
	severity event.Severity
}

// verdictOf reads what happened from the short text by which a product names a kind
// of event, and from the outcome where it is told. ok is false where the text is not
// sure.
func verdictOf(text string, o event.Outcome) (v verdict, ok bool) {
	var buf [160]byte
	s := lower(text, &buf)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(s, w) {
				return true
			}
		}
		return false
	}
	ended := o
	switch {
	case o == event.Success || o == event.Failure:
	case has("fail", "denied", "invalid", "unsuccess", "reject", "incorrect", "refused"):
		ended = event.Failure
	case has("success", "succeed", "accepted", "logged in", "logged on", "signed in"):
		ended = event.Success
	}
	in := has("login", "logon", "log in", "log on", "logged in", "logged on", "sign in", "signed in", "sign-in", "authentication")
	out := has("logout", "logoff", "log out", "log off", "logged out", "logged off", "sign out", "signed out", "sign-out")
	switch {
	case has("policy", "policies", "rule") || in && out:
		return verdict{}, false // about log-ins, not one
	case has("locked out", "lockout", "account locked", "account lock"):
		return verdict{"account_locked", o, event.Low}, true
	case out:
		return verdict{"logout", ended, event.Info}, true
	case in:
		switch ended {
		case event.Failure:
			return verdict{"login_failed", ended, event.Low}, true
		case event.Success:
			return verdict{"login_success", ended, event.Info}, true
		default:
			return verdict{}, false
		}
	case ended == event.Failure:
		return verdict{}, false // what was only tried is not done
	case has("password") && has("request"):
		return verdict{"password_reset_requested", ended, event.Info}, true
	case has("password") && has("chang", "reset"):
		return verdict{"password_changed", ended, event.Info}, true
	case has("user", "account") && has("created", "added") && !has("group", "role"):
		return verdict{"account_created", ended, event.Low}, true
	case has("user", "account") && has("deleted", "removed") && !has("group", "role"):
		return verdict{"account_deleted", ended, event.Low}, true
	case has("configuration", "config ", "settings") && has("chang", "modif", "updated"):
		return verdict{"config_changed", ended, event.Info}, true
	default:
		return verdict{}, false
	}
}

// blocksOrLets tells whether a word for what a device did with a connection means that it
// stopped it (-1) or let it through (1); 0 for others.
func blocksOrLets(word string) int {
	var buf [160]byte
	switch lower(word, &buf) {
	case "block", "blocked", "deny", "denied", "drop", "dropped", "reject", "rejected", "reset", "reset-both", "reset-client",
		"reset-server", "prevent", "prevented", "discard", "discarded", "refused":
		return -1
	case "allow", "allowed", "accept", "accepted", "permit", "permitted", "pass", "passed", "forward", "forwarded":
		return 1
	default:
		return 0
	}
}

// lower returns the start of a text in small ASCII letters, in the room of buf.
func lower(s string, buf *[160]byte) string {
	n := copy(buf[:], s)
	for i, c := range buf[:n] {
		if c-'A' < 26 {
			buf[i] = c | 0x20
		}
	}
	return alias(buf[:n])
}

// productSeverity reads the severity of CEF and LEEF: 0 to 10 or a word.
func productSeverity(word string) (s event.Severity, ok bool) {
	switch word {
	case "0", "Unknown", "unknown":
		return event.Info, true
	case "1", "2", "3":
		return event.Low, true
	case "4", "5", "6":
		return event.Medium, true
	case "7", "8":
		return event.High, true
	case "9", "10", "Very-High", "very-high", "Very High":
		return event.Critical, true
	default:
		return event.SeverityOfLevel(word)
	}
}

// outcomeWord is the outcome that a word tells, absent for no word and for one that
// tells none.
func outcomeWord(word string) event.Outcome {
	if word == "" {
		return event.OutcomeAbsent
	}
	o, exact := outcomeOf(word)
	if o == event.Unknown && !exact {
		return event.OutcomeAbsent
	}
	return o
}
