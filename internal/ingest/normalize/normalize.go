// SPDX-License-Identifier: Apache-2.0

// Package normalize turns one record, as a source sent it, into events.
//
// It is a catalog: each format is one file and one line in Catalog. Beside the
// formats stand what they have in common:
//
//	record bytes + Hint → Format.Normalize → 1..n *event.Event
//	  line (readLine):   header → body by its program (bodyOf) or its look (bodyLike)
//	  object (reader):   members by name → dialect of the product (dialectOf)
//	  envelope:          what stands around a record, told where the record is silent
//
// A kind of body (sshd, CEF, an access log) is one file with its bodyReader and one
// line in bodyOf or bodyLike; ofLine makes a format of it. A dialect (CloudTrail) is
// one file with its fill function and one line in dialectOf; ofDialect makes a format
// of it. So a line or object of a kind that is known is understood on every input,
// whatever stands around it.
//
// A format fills every field of an event but ID, Received, Place, Input and
// Sender, which belong to the pipeline. The rules that hold for all of them:
//
//   - Nothing that was sent is lost: a field that is not known becomes an
//     attribute, a value that does not fit its field is kept as <field>_text and
//     marked, a line that is not understood becomes the message.
//   - Only a broken structure is an error: text that is not the format's, a core
//     field of the wrong type, a key twice, depth over event.MaxDepth.
//   - The result depends on the record and the Hint alone.
//
// The strings of the events may be parts of the record's bytes: these are never
// written to again. Formats do no I/O and start no goroutine; any number may run
// at once, each with its own Hint.
package normalize

import (
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Hint is what is known about a record beside its bytes. One Hint serves a whole
// batch, whose memory it shares out; it is not safe for concurrent use.
type Hint struct {
	// Source is the source of events that name none, "" for the default of
	// their category.
	Source string
	// Received is the time of receipt in nanoseconds since 1970 UTC. It completes
	// times without a year.
	Received int64
	// Zone is the zone of times without one; nil is UTC.
	Zone *time.Location
	// Host is the peer that sent it, the host of lines that name none.
	Host string

	mem *arena
}

// Format is one member of the catalog.
type Format struct {
	// Name is the word of the configuration and of --format.
	Name string
	// Summary says in one line what it reads.
	Summary string
	// Normalize appends the events of one record to out. An error refuses this
	// record alone, names the field where there is one, and leaves out as it was.
	Normalize func(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error)
}

// Catalog lists the formats.
func Catalog() []Format {
	return []Format{
		{Name: "apache_error", Summary: "error logs of Apache httpd 2.2 and 2.4", Normalize: ofLine("apache_error", parseApacheError)},
		{Name: "auditd", Summary: "records of the Linux audit system", Normalize: ofLine("auditd", parseAuditd)},
		{Name: "auto", Summary: "JSON where a record starts with {, else syslog", Normalize: normalizeAuto},
		{Name: "bulk", Summary: "documents of Elasticsearch's bulk API, each behind its action", Normalize: normalizeBulk},
		{Name: "cef", Summary: "ArcSight's Common Event Format", Normalize: ofLine("cef", parseCEF)},
		{Name: "clf", Summary: "access logs of Apache, nginx and others, common or combined", Normalize: ofLine("clf", parseCLF)},
		{Name: "cloudtrail", Summary: "AWS CloudTrail records", Normalize: ofDialect("cloudtrail", dialect{plain: true, fill: fillCloudTrail})},
		{Name: "cri", Summary: "lines of containers' logs under Kubernetes, with any line inside", Normalize: ofLine("cri", parseCRI)},
		{Name: "crowdsec", Summary: "alerts of CrowdSec", Normalize: ofDialect("crowdsec", dialect{plain: true, fill: fillCrowdSec})},
		{Name: "docker", Summary: "lines of containers in the objects of Docker, Fluent Bit and Fluentd", Normalize: ofDialect("docker", dialect{plain: true, fill: fillDocker})},
		{Name: "ecs", Summary: "documents of the Elastic Common Schema", Normalize: ofDialect("ecs", dialect{plain: true, fill: fillECS})},
		{Name: "entra", Summary: "sign-ins and audit records of Microsoft Entra ID", Normalize: ofDialect("entra", dialect{plain: true, fill: fillEntra})},
		{Name: "falco", Summary: "alerts of Falco", Normalize: ofDialect("falco", dialect{plain: true, fill: fillFalco})},
		{Name: "genai", Summary: "events of generative models by the conventions of OpenTelemetry", Normalize: ofDialect("genai", dialect{plain: true, fill: fillGenAIObject})},
		{Name: "github_audit", Summary: "the audit log of GitHub", Normalize: ofDialect("github_audit", dialect{plain: true, fill: fillGitHub})},
		{Name: "google_workspace", Summary: "activities of Google Workspace's Reports API", Normalize: ofDialect("google_workspace", dialect{plain: true, fill: fillGoogleWorkspace})},
		{Name: "haproxy", Summary: "lines of HAProxy, of HTTP and of TCP", Normalize: ofLine("haproxy", parseHAProxy)},
		{Name: "datadog", Summary: "logs of Datadog's intake", Normalize: normalizeDatadog},
		{Name: "hec", Summary: "events of Splunk's HTTP Event Collector", Normalize: normalizeHEC},
		{Name: "journald", Summary: "entries of systemd's journal, as journalctl -o json prints them", Normalize: ofDialect("journald", dialect{plain: true, fill: fillJournald})},
		{Name: "fluent", Summary: "records of the Fluent forward protocol (Fluentd, Fluent Bit)", Normalize: normalizeFluent},
		{Name: "gelf", Summary: "messages of Graylog's Extended Log Format (GELF)", Normalize: ofDialect("gelf", dialect{plain: true, fill: fillGELF})},
		{Name: "json", Summary: "one JSON object an event, flat or nested", Normalize: normalizeJSON},
		{Name: "kubernetes_audit", Summary: "audit events of the Kubernetes API server", Normalize: ofDialect("kubernetes_audit", dialect{plain: true, fill: fillKubernetes})},
		{Name: "kv", Summary: "lines of key=value pairs: logfmt, FortiGate and others", Normalize: behindHeader("kv", parseKVNamed)},
		{Name: "leef", Summary: "IBM's Log Event Extended Format", Normalize: ofLine("leef", parseLEEF)},
		{Name: "netfilter", Summary: "what Linux's packet filter logs: iptables, nftables, UFW", Normalize: behindHeader("netfilter", parseKernel)},
		{Name: "nginx_error", Summary: "error logs of nginx", Normalize: ofLine("nginx_error", parseNginxError)},
		{Name: "ocsf", Summary: "events of the Open Cybersecurity Schema Framework", Normalize: ofDialect("ocsf", dialect{plain: true, fill: fillOCSF})},
		{Name: "okta", Summary: "events of Okta's System Log", Normalize: ofDialect("okta", dialect{plain: true, fill: fillOkta})},
		{Name: "postgresql", Summary: "log of PostgreSQL: lines and csvlog", Normalize: ofLine("postgresql", parsePostgres)},
		{Name: "postgresql_json", Summary: "PostgreSQL's log in its JSON form", Normalize: ofDialect("postgresql_json", dialect{plain: true, fill: fillPostgreSQL})},
		{Name: "otlp", Summary: "logs of OpenTelemetry (OTLP), in protobuf or JSON", Normalize: normalizeOTLP},
		{Name: "resk", Summary: "events of the resk-llm-ts client", Normalize: normalizeResk},
		{Name: "suricata", Summary: "records of Suricata's EVE log", Normalize: ofDialect("suricata", dialect{plain: true, fill: fillSuricata})},
		{Name: "syslog", Summary: "syslog lines of RFC 5424 and RFC 3164, and of files", Normalize: normalizeSyslog},
		{Name: "windows_json", Summary: "the Windows event log as JSON of Winlogbeat, NXLog or evtx_dump", Normalize: ofDialect("windows_json", dialect{plain: true, fill: fillWindowsJSON})},
		{Name: "windows_xml", Summary: "the Windows event log as XML, one Event a record", Normalize: ofLine("windows_xml", parseWindowsXML)},
		{Name: "text", Summary: "any line, kept whole", Normalize: normalizeText},
		{Name: "workspace", Summary: "records of Azure Monitor's HTTP Data Collector API", Normalize: normalizeWorkspace},
	}
}

// Lookup returns the format of that name; ok is false when there is none.
func Lookup(name string) (f Format, ok bool) {
	for _, f := range Catalog() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Detect names the format that auto uses for a record: json or syslog.
func Detect(raw []byte) string {
	for _, c := range raw {
		switch c {
		case ' ', '\t', '\r', '\n':
		case '{':
			return "json"
		default:
			return "syslog"
		}
	}
	return "syslog"
}

func normalizeAuto(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	if Detect(raw) == "json" {
		return normalizeJSON(raw, h, out)
	}
	return normalizeSyslog(raw, h, out)
}
