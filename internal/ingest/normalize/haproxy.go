// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseHAProxy reads the lines of HAProxy (its configuration manual, 8.2): of HTTP, of TCP,
// of connections that failed, the short form without a log option, and the common log format.
//
//	CLIENT:PORT [TIME] FRONTEND BACKEND/SERVER TR/Tw/Tc/Tr/Ta STATUS BYTES COOKIE COOKIE STATE CONNECTIONS QUEUES[ {…}][ {…}] "REQUEST"[ …]
//	CLIENT:PORT [TIME] FRONTEND BACKEND/SERVER Tw/Tc/Tt BYTES STATE CONNECTIONS QUEUES
//	CLIENT:PORT [TIME] FRONTEND/BIND: ERROR
//	Connect from ADDR:PORT to ADDR:PORT (FRONTEND/MODE)
//
// In headers and requests HAProxy writes quotes, braces and bars as #XX, so that a client
// cannot end them. In a captured cookie it does not, and a cookie can hold blanks.
func parseHAProxy(l *line, body string) bool {
	if rest, ok := strings.CutPrefix(body, "Connect from "); ok {
		return l.haproxyConnect(rest)
	}
	client, rest, ok := strings.Cut(body, " [")
	stamp, rest, closed := strings.Cut(rest, "] ")
	ns, behind, stamped := clfTime(stamp, l.h.Zone)
	if !ok || !closed || !stamped || behind != "" {
		return parseCLF(l, body)
	}
	addr, port, ok := haproxyPeer(client)
	if !ok {
		return parseCLF(l, body)
	}
	frontend, rest, ok := strings.Cut(rest, " ")
	if !ok || frontend == "" {
		return false
	}
	r := haproxyLine{line: l, rest: rest, addr: addr, port: port}
	if name, failed := strings.CutSuffix(frontend, ":"); failed {
		r.failed(name)
	} else if !r.logged(frontend) {
		return false
	}
	l.e.Time = ns
	if l.e.Service == "" {
		l.e.SetCore(event.FieldService, "haproxy")
	}
	return true
}

// looksHAProxy tells whether a text starts as a line of HAProxy does: the client with its
// port, then `[dd/Mon/`.
func looksHAProxy(text string) bool {
	i := strings.IndexByte(text, ' ')
	return i > 2 && i+8 < len(text) && text[i+1] == '[' && text[i+4] == '/' && text[i+8] == '/'
}

// haproxyPeer reads `ADDR:PORT`; an IPv6 address stands without brackets.
func haproxyPeer(s string) (addr, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 1 || !isDigits(s[i+1:]) || !isHost(s) || s[0] == '<' {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// haproxyConnect reads `ADDR:PORT to ADDR:PORT (FRONTEND/MODE)`.
func (l *line) haproxyConnect(s string) bool {
	client, s, _ := strings.Cut(s, " to ")
	server, s, ok := strings.Cut(s, " (")
	frontend, mode, slash := strings.Cut(strings.TrimSuffix(s, ")"), "/")
	addr, port, is := haproxyPeer(client)
	if !ok || !slash || !is {
		return false
	}
	l.remote(addr, port)
	if addr, port, ok = haproxyPeer(server); ok {
		l.text(attrServer, addr)
		l.number(attrPort, port)
	}
	l.text("frontend_name", frontend)
	l.text("mode", mode)
	if l.e.Service == "" {
		l.e.SetCore(event.FieldService, "haproxy")
	}
	l.is(categoryConnection, event.OutcomeAbsent, event.Info)
	return true
}

// categoryConnection is the category of connections of which no request is known.
const categoryConnection = "network_connection"

// haproxyLine reads what stands behind the name of the frontend.
type haproxyLine struct {
	*line
	rest       string
	addr, port string // the client
}

// failed reads a connection that ended before it had a request: `FRONTEND/BIND: ERROR`.
func (r *haproxyLine) failed(name string) {
	frontend, bind, ok := strings.Cut(name, "/")
	r.text("frontend_name", frontend)
	if ok {
		r.text("bind_name", bind)
	}
	r.text("error", r.rest)
	r.remote(r.addr, r.port)
	r.is(categoryConnection, event.Failure, event.Info)
}

func (r *haproxyLine) word() string {
	word, rest, _ := strings.Cut(r.rest, " ")
	r.rest = rest
	return word
}

// cookies reads the captured cookies of the request and of the answer. The first is the
// client's own text, and can look like all that follows; but only the true state is the
// last one that a quote or a brace stands behind.
func (r *haproxyLine) cookies() (ask, answer string) {
	if strings.HasPrefix(r.rest, "- ") {
		return r.word(), r.word()
	}
	end := -1
	for i := range len(r.rest) - 6 {
		if r.rest[i] == ' ' && r.rest[i+5] == ' ' && haproxyState(r.rest[i+1:]) {
			end = i
		}
	}
	if end < 0 {
		return "", ""
	}
	both := r.rest[:end]
	r.rest = r.rest[end+1:]
	i := strings.LastIndexByte(both, ' ')
	if i < 0 {
		return "", ""
	}
	return both[:i], both[i+1:]
}

// haproxyState tells whether s starts with `STATE CONNECTIONS QUEUES` and then a group of
// headers, a request, or nothing.
func haproxyState(s string) bool {
	r := haproxyLine{rest: s}
	_, connections, queues := r.word(), r.word(), r.word()
	return strings.Count(connections, "/") == 4 && strings.Count(queues, "/") == 1 &&
		(r.rest == "" || r.rest[0] == '{' || r.rest[0] == '"')
}

// logged reads the line of a request or of a TCP connection. On false it has changed
// nothing.
func (r *haproxyLine) logged(frontend string) bool {
	backend, server, ok := strings.Cut(r.word(), "/")
	timers := r.word()
	http := strings.Count(timers, "/") == 4
	if !ok || !http && strings.Count(timers, "/") != 2 {
		return false
	}
	status, ask, answer := "", "-", "-"
	if http {
		status = r.word()
	}
	size := strings.TrimPrefix(r.word(), "+")
	if http {
		ask, answer = r.cookies()
	}
	state, connections, queues := r.word(), r.word(), r.word()
	if ask == "" || len(state) != 2 && len(state) != 4 || !isDigits(size) || strings.Count(connections, "/") != 4 || strings.Count(queues, "/") != 1 {
		return false
	}
	// As far as can be in the order of their names, which is the one they are kept in.
	r.text("backend_name", backend)
	if http {
		if ask != "-" {
			r.text("captured_request_cookie", ask)
		}
		if answer != "-" {
			r.text("captured_response_cookie", answer)
		}
		r.headers()
	} else {
		r.number("bytes", size)
	}
	r.text("connections", connections)
	if last := strings.TrimPrefix(timers[strings.LastIndexByte(timers, '/')+1:], "+"); isDigits(last) {
		r.number("duration_ms", last)
	}
	r.text("frontend_name", frontend)
	if http {
		r.number(attrBytes, size)
		r.answered(status)
		r.asked()
	} else {
		r.is(categoryConnection, haproxyOutcome(state), event.Info)
	}
	r.remote(r.addr, r.port)
	r.text("queues", queues)
	if retries := strings.TrimPrefix(connections[strings.LastIndexByte(connections, '/')+1:], "+"); isDigits(retries) {
		r.number("retries", retries)
	}
	r.text("server_name", server)
	r.text("termination_state", state)
	r.text("timers", timers)
	return true
}

// haproxyOutcome is how a connection ended: the first letter of its state says who ended
// it early, and a client may do so.
func haproxyOutcome(state string) event.Outcome {
	switch state[0] {
	case '-':
		return event.Success
	case 'C', 'c':
		return event.OutcomeAbsent
	default:
		return event.Failure
	}
}

// headers reads the captured headers, `{A|B}` of the request and of the answer. Where
// there is one group, the line does not say whose it is.
func (r *haproxyLine) headers() {
	ask, ok := r.group()
	if !ok {
		return
	}
	name := "captured_request_headers"
	answer, both := r.group()
	if !both {
		name = "captured_headers"
	}
	r.captured(name, ask)
	r.captured("captured_response_headers", answer)
}

// group reads `{TEXT} `.
func (r *haproxyLine) group() (text string, ok bool) {
	if !strings.HasPrefix(r.rest, "{") {
		return "", false
	}
	text, rest, ok := strings.Cut(r.rest[1:], "}")
	if ok {
		r.rest = strings.TrimPrefix(rest, " ")
	}
	return text, ok
}

// captured sets a list of headers.
func (r *haproxyLine) captured(name, text string) {
	if text == "" {
		return
	}
	v := event.Value{Kind: event.KindList, List: make([]event.Value, 0, 1+strings.Count(text, "|"))}
	for header := range strings.SplitSeq(text, "|") {
		v.List = append(v.List, event.Text(header))
	}
	r.attr(name, v)
}

// asked reads the request, which is cut where the line was too long, and what a site has
// added behind it.
func (r *haproxyLine) asked() {
	text, ok := strings.CutPrefix(r.rest, `"`)
	if ok {
		text, r.rest, _ = strings.Cut(text, `"`)
		r.request(text)
	}
	r.extras(strings.TrimPrefix(r.rest, " "))
}
