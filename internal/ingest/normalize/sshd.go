// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// categoryDetail is the category of a line that reports more about a log-in that
// another line already counts.
const categoryDetail = "auth_detail"

// parseSSHD reads the bodies of OpenSSH's sshd (auth.c, auth2.c, packet.c,
// sshd.c). One attempt leaves several lines: only `Failed <method> for …` is a
// login_failed, and only `Accepted <method> for …` a login_success; `Invalid user`,
// disconnects and what else is known of the attempt is auth_detail.
//
// A user name is the client's own text and can look like the end of the line, so
// the address is always the one behind the last ` from `.
func parseSSHD(l *line, body string) bool {
	if rest, ok := strings.CutPrefix(body, "error: "); ok {
		body = rest
	}
	for _, p := range [...]struct {
		prefix string
		parse  func(l *line, rest string) bool
	}{
		{"Failed ", sshFailed},
		{"Accepted ", sshAccepted},
		{"Invalid user ", sshInvalidUser},
		{"Illegal user ", sshInvalidUser},
		{"input_userauth_request: invalid user ", sshNamed},
		{"Received disconnect from ", sshPeer},
		{"Did not receive identification string from ", sshPeer},
		{"Connection closed by ", sshPeer},
		{"Connection reset by ", sshPeer},
		{"Disconnected from ", sshPeer},
		{"Disconnecting ", sshDisconnecting},
		{"Disconnecting: ", sshTooMany},
		{"Connection from ", sshPeer},
		{"Unable to negotiate with ", sshPeer},
		{"banner exchange: Connection from ", sshPeer},
		{"Timeout before authentication for ", sshTimeout},
		{"maximum authentication attempts exceeded for ", sshExceeded},
		{"PAM: ", sshPAM},
		{"User ", sshNotAllowed},
		{"reverse mapping checking getaddrinfo for ", sshReverse},
		{"Address ", sshMaps},
		{"Server listening on ", sshListening},
		{"Received signal 15", sshStopped},
	} {
		if rest, ok := strings.CutPrefix(body, p.prefix); ok {
			return p.parse(l, rest)
		}
	}
	return false
}

// sshFailed reads `<method> for [invalid user ]USER from ADDR port N ssh2[: KEY]`.
func sshFailed(l *line, rest string) bool {
	if !l.attempt(rest) {
		return false
	}
	l.is("login_failed", event.Failure, event.Low)
	return true
}

func sshAccepted(l *line, rest string) bool {
	if !l.attempt(rest) {
		return false
	}
	l.is("login_success", event.Success, event.Info)
	return true
}

func (l *line) attempt(rest string) bool {
	method, rest, ok := strings.Cut(rest, " for ")
	if !ok || method == "" || strings.Contains(method, " ") {
		return false
	}
	user, peer, ok := cutLastFrom(rest)
	if !ok {
		return false
	}
	addr, port, behind, ok := peerText(peer)
	if !ok {
		return false
	}
	l.text("method", method)
	l.user(user)
	l.remote(addr, port)
	if protocol, key, _ := strings.Cut(behind, ": "); protocol != "" {
		l.text("protocol", protocol)
		if key != "" {
			l.text("key", key)
		}
	}
	return true
}

// user sets the user name; what sshd puts before a name that does not exist is
// told apart.
func (l *line) user(name string) {
	for _, p := range [...]string{"invalid user ", "illegal user "} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			name = rest
			l.attr("invalid_user", event.Bool(true))
			break
		}
	}
	l.e.SetCore(event.FieldUser, name)
}

// cutLastFrom cuts at the last ` from ` behind which something stands. A user of
// no name leaves two blanks, or `from` at the very start.
func cutLastFrom(s string) (user, peer string, ok bool) {
	i := strings.LastIndex(s, " from ")
	if i < 0 {
		peer, ok = strings.CutPrefix(s, "from ")
		return "", peer, ok
	}
	return s[:i], s[i+len(" from "):], true
}

// peerText reads `ADDR[ port N][ on PORT][ …]`.
func peerText(s string) (addr, port, behind string, ok bool) {
	addr, behind, _ = strings.Cut(s, " ")
	addr = strings.TrimRight(addr, ":;,")
	if addr == "" || len(addr) > 255 {
		return "", "", "", false
	}
	if rest, found := strings.CutPrefix(behind, "port "); found {
		port, behind, _ = strings.Cut(rest, " ")
		port = strings.TrimRight(port, ":;,")
		if i := strings.IndexByte(port, ':'); i > 0 { // `port 22:11: reason`
			port, behind = port[:i], strings.TrimSpace(port[i+1:]+" "+behind)
		}
	}
	return addr, port, behind, true
}

func (l *line) detail(o event.Outcome) bool {
	l.is(categoryDetail, o, event.Info)
	return true
}

// sshInvalidUser reads `USER from ADDR[ port N]`.
func sshInvalidUser(l *line, rest string) bool {
	user, peer, ok := cutLastFrom(rest)
	if !ok {
		return false
	}
	if addr, port, _, ok := peerText(peer); ok {
		l.remote(addr, port)
	}
	l.e.SetCore(event.FieldUser, user)
	l.attr("invalid_user", event.Bool(true))
	return l.detail(event.Failure)
}

func sshNamed(l *line, rest string) bool {
	l.e.SetCore(event.FieldUser, strings.TrimSuffix(rest, " [preauth]"))
	l.attr("invalid_user", event.Bool(true))
	return l.detail(event.Failure)
}

// sshPeer reads `[authenticating user U |invalid user U |user U ]ADDR[ port N]…`.
func sshPeer(l *line, rest string) bool {
	for _, p := range [...]string{"authenticating user ", "invalid user ", "user "} {
		after, ok := strings.CutPrefix(rest, p)
		if !ok {
			continue
		}
		i := strings.LastIndex(after, " port ")
		if i < 0 {
			return false
		}
		at := strings.LastIndexByte(after[:i], ' ')
		if at < 0 {
			return false
		}
		l.e.SetCore(event.FieldUser, after[:at])
		rest = after[at+1:]
		break
	}
	addr, port, _, ok := peerText(rest)
	if !ok {
		return false
	}
	l.remote(addr, port)
	return l.detail(event.OutcomeAbsent)
}

// sshDisconnecting reads `authenticating user U ADDR port N: Too many …`.
func sshDisconnecting(l *line, rest string) bool {
	if !sshPeer(l, rest) {
		return false
	}
	return l.detail(event.Failure)
}

// sshTooMany reads `Too many authentication failures for [invalid user ]U [preauth]`.
func sshTooMany(l *line, rest string) bool {
	user, ok := strings.CutPrefix(strings.TrimSuffix(rest, " [preauth]"), "Too many authentication failures for ")
	if !ok {
		return l.detail(event.OutcomeAbsent)
	}
	l.user(user)
	return l.detail(event.Failure)
}

func sshTimeout(l *line, rest string) bool {
	if peer, ok := strings.CutPrefix(rest, "connection from "); ok {
		rest = peer
	}
	return sshPeer(l, rest)
}

// sshExceeded reads `[invalid user ]U from ADDR port N ssh2 [preauth]`.
func sshExceeded(l *line, rest string) bool {
	user, peer, ok := cutLastFrom(rest)
	if !ok {
		return false
	}
	if addr, port, _, ok := peerText(peer); ok {
		l.remote(addr, port)
	}
	l.user(user)
	return l.detail(event.Failure)
}

// sshPAM reads `Authentication failure for [illegal user ]U from HOST`; the same
// attempt has a `Failed keyboard-interactive/pam` line.
func sshPAM(l *line, rest string) bool {
	_, rest, ok := strings.Cut(rest, " for ")
	if !ok {
		return false
	}
	return sshExceeded(l, rest)
}

// sshNotAllowed reads `U from ADDR not allowed because …`; a Failed line follows.
func sshNotAllowed(l *line, rest string) bool {
	i := strings.LastIndex(rest, " not allowed because ")
	if i < 0 {
		return false
	}
	who, why := rest[:i], rest[i+len(" not allowed because "):]
	user, addr, found := cutLastFrom(who)
	if found {
		l.remote(addr, "")
	} else {
		user = who
	}
	l.e.SetCore(event.FieldUser, user)
	l.text("reason", why)
	return l.detail(event.Failure)
}

// sshReverse reads `NAME [ADDR] failed - POSSIBLE BREAK-IN ATTEMPT!`.
func sshReverse(l *line, rest string) bool {
	name, rest, ok := strings.Cut(rest, " [")
	addr, _, closed := strings.Cut(rest, "]")
	if !ok || !closed {
		return false
	}
	l.remote(addr, "")
	l.text("remote_host", name)
	return l.detail(event.OutcomeAbsent)
}

// sshMaps reads `ADDR maps to NAME, but this does not map back …`.
func sshMaps(l *line, rest string) bool {
	addr, rest, ok := strings.Cut(rest, " maps to ")
	name, _, comma := strings.Cut(rest, ", but ")
	if !ok || !comma {
		return false
	}
	l.remote(addr, "")
	l.text("remote_host", name)
	return l.detail(event.OutcomeAbsent)
}

func sshListening(l *line, _ string) bool {
	l.is("service_started", event.OutcomeAbsent, event.Info)
	return true
}

func sshStopped(l *line, _ string) bool {
	l.is("service_stopped", event.OutcomeAbsent, event.Info)
	return true
}
