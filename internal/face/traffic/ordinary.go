// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"strconv"
	"time"
)

// ordinary draws one record of a normal day. Each kind of it stays far below
// the thresholds: a failed log-in is rare and followed by nothing.
func (g *generator) ordinary(at time.Duration) Record {
	i := g.IntN(len(staff()))
	who := staff()[i]
	switch n := g.IntN(1000); {
	case n < 520:
		return g.request(at, who)
	case n < 640:
		return g.json(at, "application", "data_access", "success", "info", who,
			"Order "+strconv.Itoa(10_000+g.IntN(5000))+" opened by "+who.name, "object", "order")
	case n < 700:
		return g.json(at, "authentication", "login_success", "success", "info", who, "User "+who.name+" logged in", "method", "password")
	case n < 730:
		return g.json(at, "authentication", "logout", "success", "info", who, "User "+who.name+" logged out", "method", "button")
	case n < 733 && g.mayFail(i, at):
		return g.json(at, "authentication", "login_failed", "failure", "low", who, "Wrong password for "+who.name, "method", "password")
	case n < 737:
		return g.json(at, "application", "data_export", "success", "low", who, "Monthly report exported by "+who.name, "format", "csv")
	case n < 800:
		return g.line(at, 86, g.pick(servers()), "sshd", "Accepted publickey for deploy from 192.0.2.40 port "+g.port()+" ssh2: ED25519 SHA256:"+g.token(43))
	case n < 840:
		return g.line(at, 85, g.pick(servers()), "sudo", "  deploy : TTY=pts/0 ; PWD=/srv/shop ; USER=root ; COMMAND=/usr/bin/systemctl reload nginx")
	case n < 880:
		return g.line(at, 78, g.pick(servers()), "CRON", "(root) CMD (/usr/local/bin/rotate-sessions --quiet)")
	case n < 910:
		return g.line(at, 30, g.pick(servers()), "systemd", "Started session-"+strconv.Itoa(g.IntN(900))+".scope - Session of User deploy.")
	case n < 990:
		return g.chat(at, who)
	default:
		return g.resk(at, "performance_metric", "low", who, `{"kind":"slow","duration_ms":`+strconv.Itoa(800+g.IntN(400))+`,"component":"security_filter"}`)
	}
}

// mayFail tells whether person i may mistype the password now: nobody does so
// twice within two minutes, which keeps an unlucky draw below the thresholds.
func (g *generator) mayFail(i int, at time.Duration) bool {
	if last, ok := g.failed[i]; ok && at-last < 2*time.Minute {
		return false
	}
	g.failed[i] = at
	return true
}

func servers() []string { return []string{"web-1", "web-2", "db-1"} }

// request is one line of the shop's own request log, sent as JSON.
func (g *generator) request(at time.Duration, who person) Record {
	paths := []string{"/", "/products", "/products/1042", "/cart", "/checkout", "/api/v1/orders", "/api/v1/search", "/account"}
	path, status := g.pick(paths), "200"
	category, severity := "http_request", "info"
	switch n := g.IntN(100); {
	case n < 4:
		status = "304"
	case n == 4:
		status, category, severity = "404", "http_error", "low"
	}
	return g.json(at, "access", category, outcome(status), severity, who,
		"GET "+path+" "+status, "status", status, "path", path, "duration_ms", strconv.Itoa(3+g.IntN(180)))
}

func outcome(status string) string {
	if status[0] == '4' || status[0] == '5' {
		return "failure"
	}
	return "success"
}

// chat is a question to the shop's assistant that the client's filter let pass.
func (g *generator) chat(at time.Duration, who person) Record {
	return g.resk(at, "request_validation", "low", who,
		`{"result":{"valid":true,"blocked":false,"warnings":[],"errors":[],"details":{"injection":{"detected":false,"confidence":`+
			strconv.FormatFloat(g.Float64()*0.2, 'f', 2, 64)+`,"techniques":[]},"piiDetected":false}},"provider":"openai","model":"gpt-5-mini"}`)
}

func (g *generator) port() string { return strconv.Itoa(30_000 + g.IntN(30_000)) }

// token returns n characters of the alphabet of base64.
func (g *generator) token(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(b)
}
