// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// rowB is an event in the flat form of relational audit logs (fields=b). Its texts
// are those of the native form, in which nothing acts on a terminal or a page.
func rowB(e *event.Event) ([]byte, error) {
	var native struct {
		ID       json.RawMessage `json:"id"`
		OriginID json.RawMessage `json:"origin_id"`
		Source   json.RawMessage `json:"source"`
		Category json.RawMessage `json:"category"`
		Message  json.RawMessage `json:"message"`
		User     json.RawMessage `json:"user"`
		IP       json.RawMessage `json:"ip"`
		Agent    json.RawMessage `json:"user_agent"`
		Attrs    json.RawMessage `json:"attrs"`
	}
	if err := json.Unmarshal(e.AppendJSON(nil), &native); err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		LogID     json.RawMessage `json:"log_id"`
		Source    json.RawMessage `json:"source"`
		Level     string          `json:"level"`
		Category  json.RawMessage `json:"category"`
		Message   json.RawMessage `json:"message"`
		Metadata  json.RawMessage `json:"metadata"`
		UserID    json.RawMessage `json:"user_id"`
		IP        json.RawMessage `json:"ip_address"`
		UserAgent json.RawMessage `json:"user_agent"`
		Signature *string         `json:"signature"` // what vouches for a row is its place in the journal
		Timestamp string          `json:"timestamp"`
		Created   string          `json:"created_at"`
	}{
		LogID: orElse(native.OriginID, string(native.ID)), Source: orElse(native.Source, `""`), Level: e.Severity.String(),
		Category: orElse(native.Category, `""`), Message: orElse(native.Message, `""`), Metadata: orElse(native.Attrs, "{}"),
		UserID: orElse(native.User, "null"), IP: orElse(native.IP, "null"), UserAgent: orElse(native.Agent, "null"),
		Timestamp: event.FormatTime(e.Time), Created: event.FormatTime(e.Received),
	})
}

// orElse is other where a text is absent, empty or null.
func orElse(text json.RawMessage, other string) json.RawMessage {
	switch string(text) {
	case "", `""`, "null":
		return json.RawMessage(other)
	default:
		return text
	}
}
