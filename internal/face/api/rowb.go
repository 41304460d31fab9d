// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// rowB is an event in the flat form of relational audit logs (fields=b).
func rowB(e *event.Event) ([]byte, error) {
	id := e.OriginID
	if id == "" {
		id = e.ID.String()
	}
	native := struct {
		Attrs json.RawMessage `json:"attrs"`
	}{}
	if err := json.Unmarshal(e.AppendJSON(nil), &native); err != nil {
		return nil, err
	}
	if native.Attrs == nil {
		native.Attrs = json.RawMessage("{}")
	}
	return json.Marshal(struct {
		LogID     string          `json:"log_id"`
		Source    string          `json:"source"`
		Level     string          `json:"level"`
		Category  string          `json:"category"`
		Message   string          `json:"message"`
		Metadata  json.RawMessage `json:"metadata"`
		UserID    *string         `json:"user_id"`
		IP        *string         `json:"ip_address"`
		UserAgent *string         `json:"user_agent"`
		Signature *string         `json:"signature"` // what vouches for a row is its place in the journal
		Timestamp string          `json:"timestamp"`
		Created   string          `json:"created_at"`
	}{
		LogID: id, Source: e.Source, Level: e.Severity.String(), Category: e.Category, Message: e.Message, Metadata: native.Attrs,
		UserID: optional(e.User), IP: optional(e.IP), UserAgent: optional(e.UserAgent),
		Timestamp: event.FormatTime(e.Time), Created: event.FormatTime(e.Received),
	})
}
