// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

// fillFalco fills the fields of an alert of Falco (falco.org, json_output) or of
// Falcosidekick, which adds uuid. Falco's source (syscall, k8s_audit) is the kind of its
// event, not a source of ours: it becomes falco.source.
func fillFalco(d *document) bool {
	rule := d.text("rule")
	if rule == "" || d.text("priority") == "" || !d.has("output") {
		return false
	}
	d.time("time", "output_fields.evt.time", "output_fields.evt.time.iso8601")
	d.origin("uuid")
	d.e.SetCore(event.FieldService, "falco")
	d.e.SetCore(event.FieldAction, rule)
	d.take(event.FieldMessage, "output")
	d.set(event.FieldMessage, "rule")
	d.take(event.FieldHost, "hostname")
	d.set(event.FieldUser, "output_fields.user.name", "output_fields.ka.user.name", "output_fields.user.loginname",
		"output_fields.ct.user", "output_fields.okta.actor.alternateID", "output_fields.github.user")
	d.address("output_fields.fd.cip", "output_fields.fd.rip", "output_fields.ka.sourceips", "output_fields.ct.srcip")
	if v, _ := d.e.Attr("tags"); d.putTags(v) {
		d.drop("tags")
	}
	if v, ok := d.e.Attr("source"); ok {
		d.drop("source")
		d.e.SetAttr("falco.source", v)
	}
	d.also("container.id", "output_fields.container.id")
	d.also("container.name", "output_fields.container.name")
	d.also("process.name", "output_fields.proc.name")
	d.also("process.command_line", "output_fields.proc.cmdline")
	// Alert is worse than Critical, which is a severity of ours.
	if d.says("priority", "Alert", "ALERT", "alert") {
		d.e.SetAttr("level", event.Text(d.text("priority")))
		d.e.Severity, d.stated = event.Critical, true
	} else {
		d.levelIs("priority")
	}
	d.is("runtime_alert", event.OutcomeAbsent, event.Medium)
	return true
}
