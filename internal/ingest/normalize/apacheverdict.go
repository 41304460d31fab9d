// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// apacheVerdict sets the category of a line of Apache's error log by the number of its
// message, or by the text where the server is too old to have one. The numbers are
// httpd's own (docs/log-message-tags; modules/aaa, server/mpm).
//
// A program behind the server (PHP, CGI) writes under the server's name what a client may
// have told it, a number too: only the modules that are asked about may use theirs.
func apacheVerdict(l *line, message, module string) {
	code, text := apacheCode(message)
	switch {
	case code == "" && module == "":
		code = apacheOldCode(text)
	case code != "":
		l.text("code", code)
		if !strings.HasPrefix(module, "auth") && !strings.HasPrefix(module, "mpm_") && module != "access_compat" {
			code = ""
		}
	}
	category, outcome := categoryLine, event.OutcomeAbsent
	if l.e.IP != "" || l.has("remote_host") {
		category = categoryHTTP
		if l.e.Severity >= event.Medium {
			outcome = event.Failure
		}
	}
	user, named := apacheUser(code, text)
	if named {
		l.e.SetCore(event.FieldUser, user)
	}
	switch code {
	case "AH01694", "AH01695": // AH01617 or AH01618 follows
		category, outcome = categoryDetail, event.Failure
	case "AH01617", "AH01618", "AH01790", "AH01791", "AH01794", "AH01807", "AH01808":
		if named {
			category, outcome = "login_failed", event.Failure
		}
	case "AH01630", "AH01631", "AH01797":
		category, outcome = "permission_denied", event.Failure
	case "AH00163", "AH00292", "AH00489": // configured -- resuming normal operations
		category = "service_started"
	case "AH00169", "AH00170", "AH00295", "AH00296", "AH00491", "AH00492": // caught SIGTERM, SIGWINCH
		category = "service_stopped"
	case "AH00171", "AH00173", "AH00297", "AH00298", "AH00493", "AH00494": // SIGUSR1, SIGHUP received
		category = "config_changed"
	}
	l.is(category, outcome, l.e.Severity)
}

// has tells whether there is an attribute of that name.
func (l *line) has(key string) bool {
	for i := range l.attrs {
		if l.attrs[i].Key == key {
			return true
		}
	}
	return false
}

// apacheCode cuts the number of a message, `AHnnnnn: `, which an error of the system can
// stand before: `(13)Permission denied: `.
func apacheCode(message string) (code, text string) {
	text = message
	if strings.HasPrefix(text, "(") {
		if i := strings.Index(text, ": AH"); i > 0 {
			text = text[i+2:]
		}
	}
	if len(text) < 9 || text[:2] != "AH" || text[7:9] != ": " {
		return "", message
	}
	for i := 2; i < 7; i++ {
		if !isDigit(text[i]) {
			return "", message
		}
	}
	return text[:7], text[9:]
}

// apacheOldCode is the number that a message of httpd 2.2 got later, "" for others.
func apacheOldCode(text string) string {
	switch {
	case strings.HasPrefix(text, "client denied by server configuration: "):
		return "AH01797"
	case strings.HasSuffix(text, " configured -- resuming normal operations"):
		return "AH00163"
	case text == "caught SIGTERM, shutting down":
		return "AH00169"
	case !strings.HasPrefix(text, "user "):
		return ""
	}
	for _, code := range [...]string{"AH01617", "AH01618", "AH01794", "AH01790"} {
		if _, ok := apacheUser(code, text); ok {
			return code
		}
	}
	return ""
}

// apacheUser reads the user that a message names. The name is the client's own text. That
// of HTTP Basic holds no colon, which would end it in the request.
func apacheUser(code, text string) (user string, ok bool) {
	var before, behind string
	switch code {
	case "AH01617":
		before, behind = "user ", `: authentication failure for "`
	case "AH01618":
		before, behind = "user ", " not found: "
	case "AH01631":
		before, behind = "user ", `: authorization failure for "`
	case "AH01694", "AH01695":
		before, behind = "auth_ldap authenticate: user ", " authentication failed; URI "
	case "AH01790", "AH01791":
		before, behind = "user `", "' in realm `"
	case "AH01794":
		before, behind = "user ", ": password mismatch: "
	case "AH01807":
		before, behind = "user '", `': authentication failure for "`
	case "AH01808":
		before, behind = "user '", "' not found: "
	default:
		return "", false
	}
	if text, ok = strings.CutPrefix(text, before); !ok {
		return "", false
	}
	return cutBefore(text, behind)
}

// cutBefore returns what stands before the first sep.
func cutBefore(s, sep string) (string, bool) {
	before, _, ok := strings.Cut(s, sep)
	return before, ok
}
