// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillCloudTrail fills the fields of a record of AWS CloudTrail (version 1 of its
// record format): who called which API from where, and how it ended.
func fillCloudTrail(d *document) bool {
	name, service := d.text("eventName"), d.text("eventSource")
	if name == "" || service == "" || !d.has("eventVersion") {
		return false
	}
	d.time("eventTime")
	d.origin("eventID")
	d.set(event.FieldAction, "eventName")
	d.set(event.FieldService, "eventSource")
	d.set(event.FieldUser, "userIdentity.userName", "userIdentity.sessionContext.sessionIssuer.userName",
		"userIdentity.arn", "userIdentity.principalId", "userIdentity.invokedBy")
	d.set(event.FieldSession, "userIdentity.accessKeyId")
	d.set(event.FieldUserAgent, "userAgent")
	d.address("sourceIPAddress")
	message := strings.TrimSuffix(service, ".amazonaws.com") + " " + name
	failure := d.text("errorCode")
	if failure != "" {
		message += ": " + failure
	}
	d.set(event.FieldMessage, "errorMessage")
	if d.e.Message == "" {
		d.e.SetCore(event.FieldMessage, message)
	}
	cloudTrailVerdict(d, name, failure)
	return true
}

// cloudTrailVerdict sets category and outcome by what was called.
func cloudTrailVerdict(d *document, name, failure string) {
	switch {
	case name == "ConsoleLogin":
		if d.text("responseElements.ConsoleLogin") == "Failure" || failure != "" {
			d.is("login_failed", event.Failure, event.Low)
		} else {
			d.is("login_success", event.Success, event.Info)
		}
		return
	case strings.Contains(failure, "AccessDenied"), strings.Contains(failure, "Unauthorized"):
		d.is("permission_denied", event.Failure, event.Medium)
		return
	case failure != "":
		d.is("api_call", event.Failure, event.Info)
		return
	}
	category, severity := "api_call", event.Info
	switch name {
	case "CreateUser":
		category, severity = "account_created", event.Low
	case "DeleteUser":
		category, severity = "account_deleted", event.Low
	case "AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy", "PutUserPolicy", "PutGroupPolicy", "PutRolePolicy", "AddUserToGroup":
		category, severity = "privilege_granted", event.Medium
	case "CreateAccessKey", "GetFederationToken", "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity":
		category = "token_issued"
	case "DeleteAccessKey":
		category = "token_revoked"
	case "ChangePassword", "UpdateLoginProfile", "CreateLoginProfile":
		category = "password_changed"
	case "EnableMFADevice":
		category = "mfa_enabled"
	case "DeactivateMFADevice", "DeleteVirtualMFADevice":
		category, severity = "mfa_disabled", event.Medium
	case "StopLogging", "DeleteTrail", "DeleteFlowLogs", "DeleteDetector":
		category, severity = "log_paused", event.High
	case "GetObject":
		category = "data_access"
	default:
		if d.text("readOnly") == "false" {
			category = "config_changed"
		}
	}
	d.is(category, event.Success, severity)
}
