// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillGenAIObject reads a JSON object with attributes of the semantic conventions of
// OpenTelemetry for generative models, flat or nested, and leaves these to fillGenAI.
func fillGenAIObject(d *document) bool {
	if !d.under("gen_ai.") {
		return false
	}
	d.ours()
	d.set(event.FieldUser, "user.id", "enduser.id", "user.email")
	d.set(event.FieldHost, "host.name", "resource.host.name")
	d.set(event.FieldService, "service.name", "resource.service.name")
	d.levelIs("severity_text", "severityText")
	return true
}

// fillGenAI fills the fields of an event that has attributes of the semantic conventions
// for generative models (opentelemetry.io/docs/specs/semconv/gen-ai, and what came before
// them: gen_ai.system, gen_ai.prompt, the events of single messages). It is called for the
// objects of every dialect. Fields that are filled already stay, but for the category that
// is the name of such an event.
//
// No prompt and no answer is kept, nor what a tool was called with and has answered: only
// their length, their SHA-256 and a masked sample.
func fillGenAI(d *document) bool {
	const prefix = "gen_ai."
	name := d.text("event.name", "event_name")
	told := strings.HasPrefix(d.e.Category, prefix)
	if !told && !d.under(prefix) && !strings.HasPrefix(name, prefix) {
		return false
	}
	if told {
		name, d.e.Category = d.e.Category, ""
	}
	d.set(event.FieldSession, "gen_ai.conversation.id", "session.id")
	d.address("client.address")
	d.set(event.FieldAction, "gen_ai.operation.name")
	if d.e.Action == "" && name != "" {
		d.e.SetCore(event.FieldAction, name)
	}
	d.also("model", "gen_ai.response.model", "gen_ai.request.model")
	d.also("provider", "gen_ai.provider.name", "gen_ai.system")
	genAIVerdict(d)
	genAIMask(d, name)
	if d.e.Message == "" {
		d.e.SetCore(event.FieldMessage, genAIMessage(d))
	}
	return true
}

// genAIVerdict: what a tool was asked for, what a request has cost, or that there was one.
func genAIVerdict(d *document) {
	outcome := d.e.Outcome
	used := false
	for _, n := range [...]string{"input_tokens", "output_tokens", "prompt_tokens", "completion_tokens", "total_tokens"} {
		used = used || d.has("gen_ai.usage."+n)
	}
	switch {
	case outcome != event.OutcomeAbsent:
	case d.has("error.type"):
		outcome = event.Failure
	case used || d.has("gen_ai.response.finish_reasons"):
		outcome = event.Success
	}
	category := "llm_request"
	switch {
	case d.e.Category != "" && d.e.Category != categoryLine:
		category = d.e.Category
	case d.text("gen_ai.operation.name") == "execute_tool", d.has("gen_ai.tool.call.id"):
		category = "tool_call"
	case used:
		category = "token_usage"
	}
	d.is(category, outcome, event.Info)
}

// genAIMessage says in words what the figures say.
func genAIMessage(d *document) string {
	text := d.text("gen_ai.operation.name")
	if text == "" {
		text = "request"
	}
	for _, of := range [...]string{"gen_ai.tool.name", "model"} {
		if s := d.text(of); s != "" {
			text += " " + clip(s)
			break
		}
	}
	in := d.text("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
	out := d.text("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
	if in != "" || out != "" {
		text += ": " + tokens(in) + " tokens in, " + tokens(out) + " out"
	}
	if failure := d.text("error.type"); failure != "" {
		text += ": " + clip(failure)
	}
	return text
}

func tokens(n string) string {
	if n == "" {
		return "0"
	}
	return clip(n)
}
