// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillKubernetes fills the fields of an audit event of the Kubernetes API server
// (audit.k8s.io/v1 Event): who asked it for what, and whether it was let.
//
// A request leaves one event a stage. The last one, ResponseComplete, counts; the
// others are an api_call without an outcome, so that nothing counts twice.
func fillKubernetes(d *document) bool {
	id, stage, verb := d.text("auditID"), d.text("stage"), d.text("verb")
	version := d.text("apiVersion")
	if id == "" || stage == "" || verb == "" || version != "" && !strings.HasPrefix(version, "audit.k8s.io/") {
		return false
	}
	d.time("requestReceivedTimestamp", "stageTimestamp")
	d.e.SetCore(event.FieldOriginID, id+":"+stage)
	d.set(event.FieldAction, "verb")
	d.set(event.FieldUser, "user.username")
	d.set(event.FieldUserAgent, "userAgent")
	d.e.SetCore(event.FieldService, "kubernetes")
	// The addresses are those of X-Forwarded-For, which the client writes as it likes,
	// and behind them the connection's own, the only one to rely on.
	if v, _ := d.e.Attr("sourceIPs"); len(v.List) > 0 {
		if ip, _, ok := parseAddress(v.List[len(v.List)-1].Text); ok {
			d.e.SetCore(event.FieldIP, ip)
		}
	}
	resource := d.text("objectRef.resource")
	if sub := d.text("objectRef.subresource"); sub != "" {
		resource += "/" + sub
	}
	code := d.text("responseStatus.code")
	d.e.SetCore(event.FieldMessage, kubernetesMessage(d, verb, resource, code))
	if d.e.User == "" && stage == "ResponseStarted" && code == "401" {
		// Credentials that were refused: the only event of such a request.
		d.is("login_failed", event.Failure, event.Low)
		return true
	}
	if stage != "ResponseComplete" && stage != "Panic" {
		d.is("api_call", event.OutcomeAbsent, event.Info)
		return true
	}
	kubernetesVerdict(d, verb, resource, code)
	return true
}

func kubernetesMessage(d *document, verb, resource, code string) string {
	m := verb + " "
	switch name := d.text("objectRef.name"); {
	case resource == "":
		m += d.text("requestURI")
	case name != "":
		m += resource + " " + name
	default:
		m += resource
	}
	if ns := d.text("objectRef.namespace"); ns != "" {
		m += " in " + ns
	}
	if len(code) == 3 && code[0] >= '4' {
		m += ": " + code
		if why := d.text("responseStatus.reason", "responseStatus.message"); why != "" {
			m += " " + why
		}
	}
	return m
}

// kubernetesVerdict sets category and outcome of a request that has been answered.
func kubernetesVerdict(d *document, verb, resource, code string) {
	switch {
	case code == "403" || d.text("annotations.authorization.k8s.io/decision") == "forbid":
		d.is("permission_denied", event.Failure, event.Medium)
		return
	case len(code) == 3 && code[0] >= '4':
		d.is("api_call", event.Failure, event.Info)
		return
	}
	outcome := event.Success
	if code == "" {
		outcome = event.Unknown // a panic, or a server that tells no code
	}
	category, severity := kubernetesCategory(verb, resource)
	switch {
	case resource == "clusterrolebindings" && d.text("requestObject.roleRef.name") == "cluster-admin":
		severity = event.High
	case d.e.User == "system:anonymous" && !healthPath(d.text("requestURI")):
		severity = max(severity, event.Medium)
	case category == "data_access" && !strings.HasPrefix(d.e.User, "system:"):
		severity = event.Low // a person; service accounts and nodes read secrets all the time
	}
	d.is(category, outcome, severity)
}

func kubernetesCategory(verb, resource string) (category string, s event.Severity) {
	writes := verb == "create" || verb == "update" || verb == "patch" || verb == "delete" || verb == "deletecollection"
	deletes := strings.HasPrefix(verb, "delete")
	switch resource {
	case "pods/exec", "pods/attach":
		return "container_exec", event.Low // a get, too: how the stream is opened
	case "pods/ephemeralcontainers":
		if writes {
			return "container_exec", event.Low
		}
	case "secrets":
		if !writes {
			return "data_access", event.Info
		}
	case "clusterrolebindings", "rolebindings":
		if writes && !deletes {
			return "privilege_granted", event.Medium
		}
	case "leases", "events", "endpoints", "endpointslices", "tokenreviews", "subjectaccessreviews", "localsubjectaccessreviews",
		"selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews":
		return "api_call", event.Info // the cluster's own pulse
	case "serviceaccounts/token":
		return "token_issued", event.Info
	case "serviceaccounts":
		switch {
		case deletes:
			return "account_deleted", event.Low
		case verb == "create":
			return "account_created", event.Low
		}
	}
	switch {
	case !writes || strings.HasSuffix(resource, "/status"):
		return "api_call", event.Info
	case resource == "clusterroles", resource == "roles", strings.HasSuffix(resource, "rolebindings"):
		return "role_changed", event.Low
	case resource == "":
		return "api_call", event.Info
	default:
		return "config_changed", event.Info
	}
}

// healthPath tells the paths that anybody may ask for in most clusters.
func healthPath(uri string) bool {
	path, _, _ := strings.Cut(uri, "?")
	switch first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); first {
	case "healthz", "livez", "readyz", "version":
		return true
	default:
		return false
	}
}
