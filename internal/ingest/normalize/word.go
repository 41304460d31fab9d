// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxDetail is the most bytes of a refused text in a mark.
const maxDetail = 256

// clip cuts a text for a mark.
func clip(s string) string {
	if len(s) <= maxDetail {
		return s
	}
	n := maxDetail
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// sourceOf is the source where events of a category go that name none
// (docs/fields.md), "" for a category that is not known.
func sourceOf(category string) string {
	switch category {
	case "login_success", "login_failed", "logout", "account_locked", "session_started", "session_revoked",
		"password_changed", "password_reset_requested", "password_reset",
		"mfa_enabled", "mfa_disabled", "mfa_failed", "token_issued", "token_revoked", "auth_detail":
		return "authentication"
	case "sudo_command":
		return "authorization"
	case "container_exec":
		return "security_audit"
	case "permission_denied", "role_changed", "account_created", "account_deleted", "privilege_granted",
		"gdpr_processing_record", "gdpr_subject_request", "phi_access", "security_event":
		return "security_audit"
	case "data_access", "data_download", "data_export", "api_call":
		return "application"
	case "rate_limit_blocked", "http_request", "http_error", "http_detail", "firewall_blocked", "firewall_allowed", "firewall_event":
		return "access"
	case "config_changed", "service_started", "service_stopped", "log_paused", "time_changed", "session_closed", "audit_record", "cron_command":
		return "system"
	case "request_validation", "response_validation", "injection_detected", "content_blocked", "pii_detected",
		"performance_metric", "secret_exposed", "bypass_attempt", "system_prompt_leak", "tool_call", "token_usage":
		return "llm"
	case "account_changed", "ids_alert", "runtime_alert":
		return "security_audit"
	case "network_connection", "network_anomaly", "dns_query":
		return "access"
	case "process_started", "process_ended", "file_activity":
		return "system"
	case "llm_request":
		return "llm"
	case "script_executed", "system_event":
		return "system"
	default:
		return ""
	}
}

// outcomeOf maps a sender's word; exact tells that it is one of our three.
func outcomeOf(word string) (o event.Outcome, exact bool) {
	if o, exact = event.ParseOutcome(word); exact {
		return o, true
	}
	switch strings.ToLower(word) {
	case "success", "succeeded", "successful", "ok", "pass", "passed", "allow", "allowed", "accept", "accepted", "granted", "true":
		return event.Success, false
	case "failure", "fail", "failed", "failing", "error", "deny", "denied", "block", "blocked", "reject", "rejected", "refused", "false":
		return event.Failure, false
	default:
		return event.Unknown, false
	}
}

// parseAddress reads an IPv4 or IPv6 address and returns its canonical text
// (RFC 5952; an IPv4 address inside an IPv6 one as IPv4; no zone), with the port
// where one stands behind it.
func parseAddress(s string) (ip, port string, ok bool) {
	if len(s) < 2 || len(s) > 80 {
		return "", "", false
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		ap, err := netip.ParseAddrPort(s)
		if err != nil {
			if n := len(s); s[0] != '[' || s[n-1] != ']' {
				return "", "", false
			}
			if a, err = netip.ParseAddr(s[1 : len(s)-1]); err != nil {
				return "", "", false
			}
			return canonicalAddress(a, s), "", true
		}
		return canonicalAddress(ap.Addr(), s), s[strings.LastIndexByte(s, ':')+1:], true
	}
	return canonicalAddress(a, s), "", true
}

// zoneOf is the zone of an address, "" when it has none.
func zoneOf(s string) string {
	_, zone, _ := strings.Cut(s, "%")
	zone, _, _ = strings.Cut(zone, "]")
	return zone
}

// canonicalAddress writes a; s is the text that it was read from, and is used
// where it is the same.
func canonicalAddress(a netip.Addr, s string) string {
	a = a.Unmap().WithZone("")
	var buf [64]byte
	b := a.AppendTo(buf[:0])
	if string(b) == s {
		return s
	}
	if i := strings.Index(s, string(b)); i >= 0 {
		return s[i : i+len(b)]
	}
	return string(b)
}
