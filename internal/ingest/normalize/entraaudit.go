// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillEntraAudit fills the fields of an audit record of Microsoft Entra ID; p stands
// before the names of its members.
func fillEntraAudit(d *document, p string) {
	by := p + "initiatedBy."
	d.set(event.FieldUser, by+"user.userPrincipalName", by+"user.displayName", by+"user.id",
		by+"app.servicePrincipalName", by+"app.displayName", "identity")
	d.address(by+"user.ipAddress", by+"app.ipAddress", "callerIpAddress")
	message := d.e.Action
	if target := d.text(p+"targetResources.0.userPrincipalName", p+"targetResources.0.displayName"); target != "" {
		message += ": " + target
	}
	result := d.text(p+"result", "resultSignature")
	if why := d.text(p + "resultReason"); why != "" && !strings.EqualFold(result, "success") {
		message += " (" + why + ")"
	}
	d.e.SetCore(event.FieldMessage, message)
	switch {
	case strings.EqualFold(result, "failure"):
		d.is("api_call", event.Failure, event.Low) // nothing has changed
	case strings.EqualFold(result, "timeout"):
		d.is("api_call", event.Unknown, event.Low)
	default:
		category, severity := entraActivity(strings.ToLower(d.e.Action))
		if category == "privilege_granted" && entraGlobalAdmin(d, p) {
			severity = event.High
		}
		d.is(category, event.Success, severity)
	}
}

// entraGlobalAdmin tells whether a record names the role that may do everything.
func entraGlobalAdmin(d *document, p string) bool {
	for _, a := range d.e.Attrs {
		if strings.HasPrefix(a.Key, p+"targetResources.") && (strings.Contains(a.Value.Text, "Global Administrator") ||
			strings.Contains(a.Value.Text, "Company Administrator")) {
			return true
		}
	}
	return false
}

// entraActivity tells what an activity of the audit log means, by its name in small
// letters. Privileged Identity Management adds words behind the names.
func entraActivity(name string) (category string, s event.Severity) {
	is := func(names ...string) bool {
		for _, n := range names {
			if strings.HasPrefix(name, n) {
				return true
			}
		}
		return false
	}
	switch {
	case name == "add user", is("invite external user", "redeem external user invite"):
		return "account_created", event.Low
	case name == "delete user", is("hard delete user"):
		return "account_deleted", event.Low
	case is("disable account"):
		return "account_locked", event.Low
	case is("add member to role", "add eligible member to role", "add scoped member to role", "consent to application",
		"add delegated permission grant", "add oauth2permissiongrant", "add app role assignment"):
		return "privilege_granted", event.Medium
	case is("remove member from role", "remove eligible member from role", "add member to group", "remove member from group",
		"add owner to", "remove owner from", "remove app role assignment", "remove delegated permission grant"):
		return "role_changed", event.Low
	case is("reset user password", "reset password"):
		return "password_reset", event.Low
	case is("change user password", "change password"):
		return "password_changed", event.Info
	case is("self-service password reset flow"):
		return "password_reset_requested", event.Info
	case is("disable strong authentication", "user deleted security info", "admin deleted security info"):
		return "mfa_disabled", event.Medium
	case is("enable strong authentication", "user registered security info", "user registered all required security info",
		"admin registered security info"):
		return "mfa_enabled", event.Info
	case is("add service principal credentials", "update application – certificates and secrets management"):
		return "token_issued", event.Medium
	case is("set domain authentication", "set federation settings on domain", "update conditional access policy",
		"delete conditional access policy", "disable security defaults"):
		return "config_changed", event.Medium
	default:
		return "config_changed", event.Info
	}
}
