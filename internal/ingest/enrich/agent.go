// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"strings"

	"github.com/mileusna/useragent"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The attributes that tell of a client program, by the names of the Elastic Common
// Schema.
const (
	keyAgent  = "user_agent.name"
	keyOS     = "user_agent.os.name"
	keyDevice = "user_agent.device.type"
)

// maxAgent is how much of a client's name for itself is looked at, in bytes.
const maxAgent = 1024

// agent tells what a client program says it is. It is the client's own word.
func (en *Enricher) agent(text string) []event.Attr {
	return en.agents.of(text[:min(len(text), maxAgent)], func(text string) []event.Attr {
		a := useragent.Parse(text)
		var attrs []event.Attr
		if d := deviceOf(a); d != "" {
			attrs = append(attrs, event.Attr{Key: keyDevice, Value: event.Text(d)})
		}
		if name := word(a.Name); name != "" {
			attrs = append(attrs, event.Attr{Key: keyAgent, Value: event.Text(name)})
		}
		if os := word(a.OS); os != "" {
			attrs = append(attrs, event.Attr{Key: keyOS, Value: event.Text(os)})
		}
		return attrs
	})
}

func deviceOf(a useragent.UserAgent) string {
	switch {
	case a.Bot:
		return "bot"
	case a.Tablet:
		return "tablet"
	case a.Mobile:
		return "mobile"
	case a.Desktop:
		return "desktop"
	default:
		return ""
	}
}

// word is a name of a program or system, "" for what is too long to be one.
func word(s string) string {
	if s = strings.TrimSpace(s); len(s) > 64 {
		return ""
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
