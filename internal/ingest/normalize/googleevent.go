// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// googleEvent tells what an event of an application of Google Workspace means; p
// stands before the names of its members.
func googleEvent(d *document, app, p, name string) (category string, o event.Outcome, s event.Severity) {
	switch app {
	case "login", "user_accounts":
		return googleLogin(d, p, name)
	case "saml":
		if name == "login_failure" {
			return "permission_denied", event.Failure, event.Low
		}
		return "session_started", event.Success, event.Info
	case "token":
		switch name {
		case "authorize":
			return "token_issued", event.Success, event.Info
		case "revoke":
			return "token_revoked", event.Success, event.Info
		}
	case "admin":
		if strings.HasSuffix(name, "_STRONG_AUTHENTICATION") && d.text(p+"parameters.NEW_VALUE", p+"parameters.new_value") == "false" {
			return "mfa_disabled", event.Success, event.Medium
		}
		category, s = googleAdmin(name)
		return category, event.Success, s
	case "drive":
		switch name {
		case "download":
			return "data_download", event.Success, event.Info
		case "change_user_access", "change_document_visibility", "change_document_access_scope", "change_acl_editors":
			return "config_changed", event.Success, event.Info
		case "email_as_attachment", "sheets_import_range", "connected_sheets_query":
			return "data_export", event.Success, event.Info
		}
		return "data_access", event.Success, event.Info
	case "takeout":
		return "data_export", event.Success, event.Medium
	case "groups", "groups_enterprise":
		return "role_changed", event.Success, event.Info
	}
	return "api_call", event.Success, event.Info
}

func googleLogin(d *document, p, name string) (category string, o event.Outcome, s event.Severity) {
	status := strings.ToLower(d.text(p + "parameters.login_challenge_status"))
	passed := status == "" || strings.Contains(status, "passed")
	switch name {
	case "login_success":
		if d.text(p+"parameters.is_suspicious") == "true" {
			return "login_success", event.Success, event.Medium
		}
		return "login_success", event.Success, event.Info
	case "login_failure":
		return "login_failed", event.Failure, event.Low
	case "logout":
		return "logout", event.Success, event.Info
	case "login_challenge", "login_verification":
		if !passed && (name == "login_challenge" || d.text(p+"parameters.is_second_factor") == "true") {
			return "mfa_failed", event.Failure, event.Low
		}
		return "auth_detail", event.Unknown, event.Info
	case "2sv_enroll", "titanium_enroll", "passkey_enrolled":
		return "mfa_enabled", event.Success, event.Info
	case "2sv_disable", "titanium_unenroll", "passkey_removed":
		return "mfa_disabled", event.Success, event.Medium
	case "password_edit":
		return "password_changed", event.Success, event.Info
	case "recovery_email_edit", "recovery_phone_edit", "recovery_secret_qa_edit", "email_forwarding_out_of_domain":
		return "config_changed", event.Success, event.Low
	case "suspicious_login", "suspicious_login_less_secure_app", "suspicious_programmatic_login", "gov_attack_warning":
		return "auth_detail", event.Unknown, event.High
	}
	if strings.HasPrefix(name, "account_disabled_") {
		return "account_locked", event.Success, event.High
	}
	return "auth_detail", event.Unknown, event.Info
}

func googleAdmin(name string) (category string, s event.Severity) {
	switch name {
	case "CREATE_USER":
		return "account_created", event.Low
	case "DELETE_USER":
		return "account_deleted", event.Low
	case "SUSPEND_USER":
		return "account_locked", event.Low
	case "GRANT_ADMIN_PRIVILEGE", "GRANT_DELEGATED_ADMIN_PRIVILEGES", "ASSIGN_ROLE", "ADD_PRIVILEGE", "AUTHORIZE_API_CLIENT_ACCESS":
		return "privilege_granted", event.Medium
	case "REVOKE_ADMIN_PRIVILEGE", "UNASSIGN_ROLE", "REMOVE_PRIVILEGE", "ADD_GROUP_MEMBER", "REMOVE_GROUP_MEMBER":
		return "role_changed", event.Low
	case "CHANGE_PASSWORD":
		return "password_reset", event.Low
	case "TURN_OFF_2_STEP_VERIFICATION", "UNENROLL_USER_FROM_STRONG_AUTH", "UNENROLL_USER_FROM_TITANIUM":
		return "mfa_disabled", event.Medium
	case "CUSTOMER_TAKEOUT_CREATED", "DOWNLOAD_USERLIST_CSV":
		return "data_export", event.Medium
	case "ENFORCE_STRONG_AUTHENTICATION", "ALLOW_STRONG_AUTHENTICATION", "ADD_TRUSTED_DOMAINS", "TOGGLE_ALLOW_ADMIN_PASSWORD_RESET":
		return "config_changed", event.Medium
	default:
		return "config_changed", event.Info
	}
}
