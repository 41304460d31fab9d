// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillGitHub fills the fields of an entry of GitHub's audit log, as its API and its
// export have it and as an enterprise streams it.
func fillGitHub(d *document) bool {
	action := d.text("action")
	area, verb, ok := strings.Cut(action, ".")
	if !ok || area == "" || verb == "" || strings.ContainsAny(action, " /:") ||
		!d.has("@timestamp") && !d.has("created_at") || !d.has("actor") && !d.has("actor_id") && !d.has("org") && !d.has("business") {
		return false
	}
	d.time("@timestamp", "created_at")
	d.origin("_document_id")
	d.set(event.FieldAction, "action")
	d.set(event.FieldUser, "actor", "external_identity_nameid", "actor_id")
	d.set(event.FieldUserAgent, "user_agent")
	d.e.SetCore(event.FieldService, "github")
	d.address("actor_ip", "actor_location.ip")
	d.place("actor_location.country_code", "", "")
	d.set(event.FieldMessage, "message")
	if d.e.Message == "" {
		words := []string{action}
		for _, name := range [...]string{"user", "team", "data.team", "repo", "org", "business"} {
			if s := d.text(name); s != "" {
				words = append(words, s)
			}
		}
		d.e.SetCore(event.FieldMessage, strings.Join(words, " "))
	}
	category, outcome, severity := gitHubCategory(d, action)
	d.is(category, outcome, severity)
	return true
}

// gitHubCategory tells what an action means.
func gitHubCategory(d *document, action string) (category string, o event.Outcome, s event.Severity) {
	switch action {
	case "user.failed_login":
		return "login_failed", event.Failure, event.Low
	case "user.two_factor_challenge_failure":
		return "mfa_failed", event.Failure, event.Low
	case "protected_branch.rejected_ref_update", "repository_ruleset.rejected_ref_update":
		return "api_call", event.Failure, event.Info // a push that has to go another way
	case "org.update_member", "org.update_member_repository_creation_permission":
		if p := d.text("permission", "new_role"); p == "admin" || p == "owner" {
			return "privilege_granted", event.Success, event.Medium
		}
		return "role_changed", event.Success, event.Low
	case "repo.access", "repo.change_visibility", "repo.create":
		if d.text("visibility", "access") == "public" {
			return "config_changed", event.Success, event.Medium
		}
		return "config_changed", event.Success, event.Low
	}
	if category, s = gitHubKnown(action); category != "" {
		return category, event.Success, s
	}
	area, verb, _ := strings.Cut(action, ".")
	switch {
	case strings.Contains(verb, "disable") && (strings.Contains(area, "security") || strings.Contains(area, "secret_scanning") ||
		strings.Contains(area, "vulnerability") || strings.Contains(area, "dependabot")):
		return "config_changed", event.Success, event.Medium
	case area == "protected_branch" || area == "repository_ruleset":
		if verb == "destroy" || verb == "policy_override" || verb == "update_admin_enforced" {
			return "config_changed", event.Success, event.Medium
		}
		return "config_changed", event.Success, event.Low
	case area == "git", area == "pull_request", area == "pull_request_review", area == "pull_request_review_comment",
		area == "issue_comment", area == "issues", area == "workflows", area == "checks", area == "api":
		return "api_call", event.Success, event.Info
	}
	switch d.text("operation_type") {
	case "create", "modify", "remove", "transfer", "restore":
		return "config_changed", event.Success, event.Info
	case "authentication":
		return "auth_detail", event.Success, event.Info
	default:
		return "api_call", event.Success, event.Info
	}
}

// gitHubKnown tells what the actions with a category of ours mean, "" of others.
func gitHubKnown(action string) (category string, s event.Severity) {
	switch action {
	case "user.login":
		return "login_success", event.Info
	case "user.logout":
		return "logout", event.Info
	case "user.create":
		return "account_created", event.Low
	case "user.delete":
		return "account_deleted", event.Low
	case "user.suspend":
		return "account_locked", event.Low
	case "user.change_password":
		return "password_changed", event.Info
	case "user.forgot_password":
		return "password_reset_requested", event.Info
	case "user.reset_password":
		return "password_reset", event.Low
	case "two_factor_authentication.enabled", "org.enable_two_factor_requirement", "business.enable_two_factor_requirement":
		return "mfa_enabled", event.Info
	case "two_factor_authentication.disabled", "org.disable_two_factor_requirement", "business.disable_two_factor_requirement":
		return "mfa_disabled", event.Medium
	case "business.add_admin", "business.invite_admin", "org.add_billing_manager", "user.promote", "repo.add_admin":
		return "privilege_granted", event.Medium
	case "org.add_member", "org.invite_member", "org.remove_member", "org.add_outside_collaborator", "org.remove_outside_collaborator",
		"team.add_member", "team.remove_member", "team.add_repository", "team.remove_repository", "team.update_repository_permission",
		"repo.add_member", "repo.remove_member", "repo.update_member", "business.remove_admin":
		return "role_changed", event.Low
	case "personal_access_token.access_granted", "personal_access_token.create", "oauth_access.create", "oauth_authorization.create",
		"public_key.create", "org_credential_authorization.grant", "integration_installation.create", "oauth_application.generate_client_secret":
		return "token_issued", event.Low
	case "personal_access_token.access_revoked", "personal_access_token.destroy", "oauth_access.destroy", "oauth_authorization.destroy",
		"public_key.delete", "org_credential_authorization.revoke", "org_credential_authorization.deauthorize", "integration_installation.destroy":
		return "token_revoked", event.Info
	case "audit_log_streaming.destroy", "business.disable_audit_log_streaming":
		return "log_paused", event.High
	case "git.clone":
		return "data_access", event.Info
	case "repo.download_zip":
		return "data_download", event.Info
	case "org.audit_log_export", "org.audit_log_git_event_export", "business.audit_log_export", "business.audit_log_git_event_export":
		return "data_export", event.Low
	case "repo.destroy", "repo.transfer", "org.delete":
		return "config_changed", event.Medium
	default:
		return "", event.Info
	}
}
