// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// looksCRI tells whether a text begins as a line of a container's log does.
func looksCRI(s string) bool {
	if len(s) < 29 || s[4] != '-' || s[10] != 'T' {
		return false
	}
	i := strings.IndexByte(s[:min(len(s), 40)], ' ')
	return i > 0 && (strings.HasPrefix(s[i:], " stdout ") || strings.HasPrefix(s[i:], " stderr "))
}

// parseCRI reads a line of a container's log, as kubelet, containerd and CRI-O write them
// (Kubernetes, "CRI container log format"), and goes on with the message as with a line
// of its own:
//
//	2016-10-06T00:17:09.669794202Z stdout F message
//
// The tag is F for a whole line and P for a part of one that was too long.
func parseCRI(l *line, body string) bool {
	if !looksCRI(body) || l.find("stream") >= 0 {
		return false
	}
	stamp, rest := cutWord(body)
	stream, rest := cutWord(rest)
	tags, message := cutWord(rest)
	ns, behind, ok := timestamp(stamp, nil)
	tag, _, _ := strings.Cut(tags, ":")
	if !ok || behind != "" || tag != "F" && tag != "P" {
		return false
	}
	l.e.Time = ns
	l.text("stream", stream)
	if tags != tag {
		l.text("tags", tags)
	}
	if tag == "P" {
		l.attr("partial", event.Bool(true))
		l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "message", Detail: "part of a longer line"})
	}
	l.body = message
	l.message(message)
	if read := bodyLike(message); read != nil && read(l, message) {
		return true
	}
	if looksCRI(message) {
		return true // a line that was wrapped twice
	}
	l.header()
	l.message(l.body)
	if l.program != "" {
		l.e.Service = l.program
	}
	l.parseBody()
	return true
}
