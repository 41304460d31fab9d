// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillDocker fills the fields of a line of a container in the objects around it: of
// Docker's json-file driver (log, stream, time, attrs), of its fluentd driver (log,
// source, container_name), and of Fluent Bit and Fluentd in Kubernetes (log or message,
// stream, kubernetes). The line is read as a record of its own, whatever it is; the
// container tells what it is silent about, and where it runs.
func fillDocker(d *document) bool {
	pod := d.text("kubernetes.pod_name") != ""
	name := "log"
	if d.text("log") == "" && (pod || d.has("container_id")) {
		name = "message"
	}
	line, _ := d.e.Attr(name)
	stream := d.text("stream", "source")
	switch {
	case d.has("ecs.version"):
		return false
	case pod: // with or without a line: Fluent Bit can put the members of one in its place
	case line.Kind != event.KindText, stream != "stdout" && stream != "stderr":
		return false
	}
	text := ""
	if line.Kind == event.KindText {
		text = strings.TrimRight(line.Text, "\r\n")
		d.drop(name)
	}
	if d.says("source", "stdout", "stderr") { // no source of ours
		d.drop("source")
		if !d.has("stream") {
			d.e.SetAttr("stream", event.Text(stream))
		}
	}
	d.ours()
	d.set(event.FieldHost, "kubernetes.host", "kubernetes.node_name")
	d.set(event.FieldService, "kubernetes.container_name", "container_name", "tag")
	d.e.Service = strings.TrimPrefix(d.e.Service, "/")
	if text == "" {
		return true
	}
	if d.inner(text, "kubernetes.", asLine) {
		if d.has("record.kubernetes.host") {
			d.e.SetCore(event.FieldHost, d.text("kubernetes.host"))
		}
		return true
	}
	if d.e.Category == "" {
		d.e.Category = categoryLine
	}
	if d.e.Message == "" {
		d.e.SetCore(event.FieldMessage, text)
	} else if !d.has(name) {
		d.e.SetAttr(name, event.Text(text))
	}
	return true
}
