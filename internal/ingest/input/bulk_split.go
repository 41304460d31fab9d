// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// maxActions bounds the actions of one request, each of which is answered.
const maxActions = 100_000

// bulkAction is one action of a bulk request.
type bulkAction struct {
	name  string // index, create, update or delete
	Index string `json:"_index"`
	ID    wordy  `json:"_id"`
	// record is the action with its document, nil for what is not recorded.
	record []byte
}

// wordy is a text that may be sent as a number.
type wordy string

// UnmarshalJSON implements json.Unmarshaler.
func (w *wordy) UnmarshalJSON(b []byte) error {
	var text string
	var number json.Number
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '"':
		err := json.Unmarshal(b, &text)
		*w = wordy(text)
		return err
	default:
		err := json.Unmarshal(b, &number)
		*w = wordy(number)
		return err
	}
}

// splitBulk cuts a body into its actions: a line each, and for all but delete a line
// with a document. As with Elasticsearch a line that is no action refuses the request,
// for nobody knows what the lines behind it are.
func splitBulk(body []byte) (actions []bulkAction, err error) {
	for line := 1; len(body) > 0; line++ {
		start := body
		head, rest := cutLine(body)
		body = rest
		if len(bytes.TrimSpace(head)) == 0 {
			continue
		}
		if len(actions) == maxActions {
			return nil, pipeline.ErrTooMany
		}
		action, err := readBulkAction(head)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", errShape, line, err)
		}
		if action.name != "delete" {
			if len(bytes.TrimSpace(body)) == 0 {
				return nil, fmt.Errorf("%w: line %d: there is no document behind the action", errShape, line)
			}
			document, rest := cutLine(body)
			body = rest
			line++
			if action.name != "update" {
				action.record = start[:len(start)-len(rest)]
				if len(document) < len(action.record) { // without the line's end
					action.record = bytes.TrimRight(action.record, "\r\n")
				}
			}
		}
		actions = append(actions, action)
	}
	if len(actions) == 0 {
		return nil, pipeline.ErrEmpty
	}
	return actions, nil
}

// rewrite writes the action of a record anew, from what is known of it.
func (a *bulkAction) rewrite() {
	_, document := cutLine(a.record)
	head, err := json.Marshal(map[string]map[string]string{a.name: {"_index": a.Index, "_id": string(a.ID)}})
	if err == nil {
		a.record = append(append(head, '\n'), document...)
	}
}

func cutLine(body []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(body, []byte{'\n'})
	return line, rest
}

// readBulkAction reads {"create":{…}}.
func readBulkAction(line []byte) (bulkAction, error) {
	var named map[string]*bulkAction
	if err := json.Unmarshal(line, &named); err != nil {
		return bulkAction{}, fmt.Errorf("no action: %w", err)
	}
	if len(named) != 1 {
		return bulkAction{}, fmt.Errorf("no action: %d members", len(named))
	}
	for name, action := range named {
		switch name {
		case "index", "create", "update", "delete":
		default:
			return bulkAction{}, fmt.Errorf("no action: %.40q is none of index, create, update, delete", name)
		}
		if action == nil {
			action = &bulkAction{}
		}
		action.name = name
		return *action, nil
	}
	return bulkAction{}, nil
}
