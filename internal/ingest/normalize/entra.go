// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillEntra fills the fields of a sign-in or audit record of Microsoft Entra ID: as
// the diagnostic settings export it (category and properties), or as the resources
// signIn and directoryAudit of Microsoft Graph, which are these properties alone.
func fillEntra(d *document) bool {
	category, p := d.text("category"), "properties."
	signIn := strings.HasSuffix(category, "SignInLogs") && d.has("operationName")
	audit := category == "AuditLogs" && d.has("operationName")
	if !signIn && !audit {
		category, p = "", ""
		signIn = d.text("createdDateTime") != "" && d.has("status.errorCode") && d.has("appDisplayName")
		audit = d.text("activityDateTime") != "" && d.text("activityDisplayName") != ""
	}
	if !signIn && !audit {
		return false
	}
	d.time(p+"createdDateTime", p+"activityDateTime", "time")
	d.origin(p + "id")
	d.set(event.FieldAction, p+"activityDisplayName", "operationName")
	d.set(event.FieldUserAgent, p+"userAgent")
	d.set(event.FieldSession, p+"sessionId")
	d.e.SetCore(event.FieldService, "entra")
	// Level is 4 (informational) in every record, and says nothing.
	if audit {
		fillEntraAudit(d, p)
		return true
	}
	d.set(event.FieldUser, p+"userPrincipalName", p+"servicePrincipalName", p+"userId", p+"servicePrincipalId", "identity")
	d.address(p+"ipAddress", "callerIpAddress")
	country := p + "location.countryOrRegion"
	if d.text(country) == "" {
		country = "location"
	}
	d.place(country, p+"location.geoCoordinates.latitude", p+"location.geoCoordinates.longitude")
	message := "Sign-in"
	if app := d.text(p + "appDisplayName"); app != "" {
		message += " to " + app
	}
	code := d.text(p+"status.errorCode", "resultType")
	if why := d.text(p+"status.failureReason", "resultDescription"); why != "" && code != "0" {
		message += ": " + why
	}
	d.e.SetCore(event.FieldMessage, message)
	if d.e.Action == "" {
		d.e.SetCore(event.FieldAction, "Sign-in activity")
	}
	interactive := category == "SignInLogs" || category == "ADFSSignInLogs" || category == "" && d.text(p+"isInteractive") != "false"
	entraSignIn(d, code, interactive)
	switch d.text(p+"riskLevelDuringSignIn", p+"riskLevelAggregated") {
	case "high":
		d.e.Severity = max(d.e.Severity, event.High)
	case "medium":
		d.e.Severity = max(d.e.Severity, event.Medium)
	}
	return true
}

// entraSignIn sets what an error code of the token service (AADSTS) means.
func entraSignIn(d *document, code string, interactive bool) {
	switch code {
	case "0":
		if interactive {
			d.is("login_success", event.Success, event.Info)
		} else {
			d.is("token_issued", event.Success, event.Info) // for a log-in that was before
		}
	case "50053": // locked, or too many attempts from there
		d.is("account_locked", event.Failure, event.Medium)
	case "500121", "50087", "50088":
		d.is("mfa_failed", event.Failure, event.Low)
	case "50074", "50076", "50072", "50079", "50158": // the password was right; a second factor is asked for
		d.is("auth_detail", event.Unknown, event.Low)
	case "50140", "50058", "50097", "50125", "50129", "50199", "16000", "16001", "51006", "65001", "50144", "81010":
		d.is("auth_detail", event.Unknown, event.Info) // an interrupt: the user is asked something
	case "50078", "50089", "50133", "50173", "70008", "70043", "70044", "700082", "700084":
		d.is("auth_detail", event.Failure, event.Info) // a token that is too old
	case "53000", "53001", "53002", "53003", "53004", "53009", "53011", "530032", "530034", "50105", "50131", "50020", "90094", "90095":
		d.is("permission_denied", event.Failure, event.Medium)
	case "":
		d.is("auth_detail", event.Unknown, event.Info)
	default:
		d.is("login_failed", event.Failure, event.Low)
	}
}
