// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillOkta fills the fields of an event of Okta's System Log (the LogEvent object of
// its API).
func fillOkta(d *document) bool {
	kind := d.text("eventType")
	if kind == "" || d.text("published") == "" || !strings.Contains(kind, ".") || !d.has("displayMessage") && !d.has("outcome.result") {
		return false
	}
	d.time("published")
	d.origin("uuid")
	d.set(event.FieldAction, "eventType")
	d.set(event.FieldMessage, "displayMessage")
	d.e.SetCore(event.FieldService, "okta")
	if strings.HasPrefix(kind, "user.account.lock") && d.text("target.0.type") == "User" {
		d.set(event.FieldUser, "target.0.alternateId") // the actor may be Okta itself
	}
	if _, _, ok := parseAddress(d.text("actor.alternateId")); !ok { // ThreatInsight names an address as the actor
		d.set(event.FieldUser, "actor.alternateId", "actor.id")
	}
	d.set(event.FieldUserAgent, "client.userAgent.rawUserAgent")
	if s := d.text("authenticationContext.externalSessionId"); s != "unknown" {
		d.set(event.FieldSession, "authenticationContext.externalSessionId")
	}
	d.address("client.ipAddress", "actor.alternateId")
	d.place("client.geographicalContext.country", "client.geographicalContext.geolocation.lat", "client.geographicalContext.geolocation.lon")
	d.level("severity")
	result := d.text("outcome.result")
	outcome := event.Unknown
	switch result {
	case "SUCCESS", "ALLOW":
		outcome = event.Success
	case "FAILURE", "DENY", "RATE_LIMIT", "UNANSWERED", "ABANDONED":
		outcome = event.Failure
		if why := d.text("outcome.reason"); why != "" {
			d.e.SetCore(event.FieldMessage, d.e.Message+": "+why)
		}
	}
	category, severity := oktaCategory(kind, outcome)
	if category == "mfa_failed" && d.text("debugContext.debugData.factor") == "PASSWORD_AS_FACTOR" {
		category, severity = "auth_detail", event.Info // Identity Engine's first factor; user.session.start says it, too
	}
	d.is(category, outcome, severity)
	return true
}

// oktaCategory tells what an event type of Okta's catalog means, where it went well,
// and where it did not.
func oktaCategory(kind string, o event.Outcome) (category string, s event.Severity) {
	failed := o == event.Failure
	switch kind {
	case "user.session.start", "user.authentication.auth_via_radius":
		switch o {
		case event.Success:
			return "login_success", event.Info
		case event.Failure:
			return "login_failed", event.Low
		default: // a challenge: the answer to it is an event of its own
			return "auth_detail", event.Info
		}
	case "user.authentication.auth_via_mfa":
		if failed {
			return "mfa_failed", event.Low
		}
		return "auth_detail", event.Info
	case "user.mfa.okta_verify.deny_push", "user.mfa.attempt_bypass":
		return "mfa_failed", event.Medium
	case "user.account.lock", "user.account.lock.limit":
		return "account_locked", event.Medium
	case "policy.evaluate_sign_on", "user.authentication.sso", "security.request.blocked", "app.generic.unauth_app_access_attempt":
		if failed || kind == "app.generic.unauth_app_access_attempt" || kind == "security.request.blocked" {
			return "permission_denied", event.Medium
		}
		if kind == "user.authentication.sso" {
			return "session_started", event.Info
		}
		return "auth_detail", event.Info
	case "system.org.rate_limit.violation", "system.operation.rate_limit.violation", "core.concurrency.org.limit.violation":
		return "rate_limit_blocked", event.Low
	case "security.threat.detected", "user.account.report_suspicious_activity_by_enduser":
		return "auth_detail", event.High
	}
	if failed { // nothing has changed
		if strings.HasPrefix(kind, "user.authentication.") {
			return "auth_detail", event.Info
		}
		return "api_call", event.Low
	}
	return oktaChange(kind)
}

// oktaChange tells what has changed.
func oktaChange(kind string) (category string, s event.Severity) {
	switch kind {
	case "user.session.end":
		return "logout", event.Info
	case "user.session.clear", "user.session.expire":
		return "session_revoked", event.Info
	case "user.mfa.factor.activate", "user.mfa.factor.unsuspend":
		return "mfa_enabled", event.Info
	case "user.mfa.factor.deactivate", "user.mfa.factor.reset_all", "user.mfa.factor.suspend":
		return "mfa_disabled", event.Medium
	case "user.account.update_password":
		return "password_changed", event.Info
	case "user.account.reset_password":
		return "password_reset", event.Low
	case "group.user_membership.add", "group.user_membership.remove", "user.account.privilege.revoke", "group.privilege.revoke",
		"application.user_membership.add", "application.user_membership.remove":
		return "role_changed", event.Low
	case "user.account.privilege.grant", "group.privilege.grant", "app.oauth2.client.privilege.grant", "iam.resourceset.bindings.add",
		"user.session.impersonation.grant", "user.session.impersonation.initiate":
		return "privilege_granted", event.Medium
	case "user.lifecycle.create":
		return "account_created", event.Low
	case "user.lifecycle.delete", "user.lifecycle.delete.completed":
		return "account_deleted", event.Low
	case "user.lifecycle.suspend":
		return "account_locked", event.Low
	case "system.api_token.create":
		return "token_issued", event.Medium
	case "system.api_token.revoke":
		return "token_revoked", event.Info
	case "system.log_stream.lifecycle.deactivate", "system.log_stream.lifecycle.delete":
		return "log_paused", event.High
	}
	switch area, _, _ := strings.Cut(kind, "."); {
	case strings.Contains(kind, ".token.") && strings.Contains(kind, ".grant"):
		return "token_issued", event.Info
	case strings.Contains(kind, ".token.") && strings.Contains(kind, ".revoke"):
		return "token_revoked", event.Info
	case strings.HasPrefix(kind, "user.lifecycle."), area == "application", area == "group", area == "iam", area == "policy",
		area == "system", area == "zone", area == "network_zone", area == "security", area == "device":
		return "config_changed", event.Low
	case area == "user":
		return "auth_detail", event.Info
	default:
		return "api_call", event.Info
	}
}
