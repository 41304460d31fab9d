// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseCEF reads the Common Event Format, versions 0 and 1 (ArcSight, "Implementing
// ArcSight Common Event Format", revision 25):
//
//	CEF:0|vendor|product|version|signature|name|severity|key=value key=value
//
// Values may have blanks: one ends where a blank and a key with its = follow. An = that
// no key stands before belongs to the value, because many products do not escape it.
func parseCEF(l *line, body string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(body, "CEF:"), " ")
	var head [7]string // version, vendor, product, its version, signature, name, severity
	for i := range head {
		var ok bool
		if head[i], rest, ok = cutBar(rest); !ok && i < len(head)-1 {
			return false
		}
	}
	if !isDigits(head[0]) || len(head[0]) > 3 {
		return false
	}
	l.apart()
	for i, key := range [...]string{"cef.format", "cef.vendor", "cef.product", "cef.version", "cef.signature", "cef.name", "cef.severity"} {
		l.text(key, head[i])
	}
	l.blankPairs(rest, "cef.text")
	cefFields(l, head[5], head[6])
	l.product(head[2])
	l.cefLabels()
	l.together()
	return true
}

// cutBar cuts at the first bar that is not escaped; in the header \| is a bar and \\ a
// backslash.
func cutBar(s string) (field, rest string, ok bool) {
	escaped := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '|':
			field, rest = s[:i], s[i+1:]
			if escaped {
				field = unescapePairs(field)
			}
			return strings.TrimSpace(field), rest, true
		case '\\':
			if i+1 < len(s) && (s[i+1] == '|' || s[i+1] == '\\') {
				i++
				escaped = true
			}
		}
	}
	return strings.TrimSpace(s), "", false
}

// cefFields fills the fields by the keys of the extension dictionary.
func cefFields(l *line, name, severity string) {
	if s, ok := productSeverity(severity); ok && severity != "" {
		l.states(s, severity)
	}
	l.clock(deviceTime, "rt", "end", "start")
	l.origin("externalId")
	l.address("src", "sourceAddress", "c6a2")
	l.device("dvchost", "deviceHostName")
	if l.e.Host == "" {
		l.device("dvc", "deviceAddress")
	}
	l.fill(event.FieldAction, "act", "deviceAction")
	l.fill(event.FieldUserAgent, "requestClientApplication")
	if name != "" {
		l.message(name)
	}
	l.fill(event.FieldMessage, "msg", "message")
	cefVerdict(l, name)
	users := []string{"suser", "sourceUserName", "duser", "destinationUserName", "suid", "duid"}
	switch l.e.Category {
	case "login_success", "login_failed", "logout", "account_locked", "password_changed":
		users = []string{"duser", "destinationUserName", "suser", "sourceUserName", "duid", "suid"}
		if l.e.IP == "" {
			if s := l.told("shost", "sourceHostName"); s != "" {
				l.text("remote_host", s)
			}
		}
	default:
	}
	l.fill(event.FieldUser, users...)
}

// cefVerdict sets category and outcome.
func cefVerdict(l *line, name string) {
	act := l.told("act", "deviceAction")
	o := outcomeWord(l.told("outcome", "eventOutcome"))
	for _, text := range [...]string{name, act} {
		if v, ok := verdictOf(text, o); ok {
			l.is(v.category, v.outcome, v.severity)
			return
		}
	}
	if o == event.OutcomeAbsent {
		o = outcomeWord(act)
	}
	category := categoryProduct
	if l.find("dst") >= 0 && l.find("proto") >= 0 && l.find("request") < 0 {
		switch blocksOrLets(act) {
		case -1:
			category, o = "firewall_blocked", event.Failure
		case 1:
			category, o = "firewall_allowed", event.Success
		}
	}
	l.is(category, o, event.Info)
}

// cefLabels adds the custom fields under the names that the device gives them: cs1 with
// cs1Label=Rule Name is also Rule_Name. A label that names a field of ours or an
// attribute that is there is left alone.
func (l *line) cefLabels() {
	if len(l.body) > longBody {
		return
	}
	for i := 0; i < len(l.attrs); i++ {
		key := l.attrs[i].Key
		custom, ok := strings.CutSuffix(key, "Label")
		if !ok || len(custom) < 3 || len(custom) > 19 {
			continue
		}
		at := l.find(custom)
		label := strings.ReplaceAll(l.attrs[i].Value.Text, " ", "_")
		if at < 0 || !isKey(label) || strings.HasSuffix(label, "Label") || strings.IndexByte(label, '.') >= 0 || l.find(label) >= 0 {
			continue
		}
		if _, ours := event.Canonical(label); ours {
			continue
		}
		before := len(l.attrs)
		l.attr(label, l.attrs[at].Value)
		if len(l.attrs) > before && label < key {
			i++
		}
	}
}
