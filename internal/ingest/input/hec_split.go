// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// hecWrong is the event at which a request stops being accepted, and why.
type hecWrong struct {
	code hecCode
	at   int
}

// splitHEC cuts a body into its events: objects one after the other, with or without
// white space between them, or one array of objects, which resk-llm-ts sends. The first
// that is wrong ends it; those before it are returned.
func splitHEC(body []byte) (items [][]byte, wrong *hecWrong, err error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, nil, pipeline.ErrEmpty
	}
	if body[0] == '[' {
		split, err := pipeline.SplitJSON(body)
		switch {
		case err != nil:
			return nil, nil, err
		case len(split.Items) == 0 && split.Broken == "":
			return nil, nil, pipeline.ErrEmpty
		}
		for i, item := range split.Items {
			if code := checkHEC(item); code != hecSuccess {
				return split.Items[:i], &hecWrong{code, i}, nil
			}
		}
		if split.Broken != "" {
			wrong = &hecWrong{hecBadFormat, len(split.Items)}
		}
		return split.Items, wrong, nil
	}
	for len(body) > 0 {
		if len(items) == pipeline.MaxItems {
			return nil, nil, pipeline.ErrTooMany
		}
		end := -1
		if body[0] == '{' {
			end = pipeline.SkipValue(body, 0)
		}
		code := hecBadFormat
		if end > 0 {
			code = checkHEC(body[:end])
		}
		if code != hecSuccess {
			return items, &hecWrong{code, len(items)}, nil
		}
		items = append(items, body[:end])
		body = bytes.TrimLeft(body[end:], " \t\r\n")
	}
	return items, nil, nil
}

// checkHEC tells what Splunk finds wrong with one event, hecSuccess when nothing is.
func checkHEC(item []byte) hecCode {
	if len(item) > event.MaxEventBytes || !utf8.Valid(item) || !json.Valid(item) {
		return hecBadFormat
	}
	code := hecNoEvent
	err := pipeline.EachMember(item, func(key string, at int) (int, error) {
		end := pipeline.SkipValue(item, at)
		value := item[at:end]
		switch {
		case key == "event" && item[at] == 'n':
		case key == "event" && len(value) == 2 && value[0] == '"':
			code = hecBlankEvent
		case key == "event":
			code = hecSuccess
		case key == "fields" && item[at] != 'n' && !flat(value):
			return 0, errFields
		}
		return end, nil
	})
	switch {
	case errors.Is(err, errFields):
		return hecBadFields
	case err != nil:
		return hecBadFormat
	default:
		return code
	}
}

// errFields: fields must be an object whose values are texts, numbers, bools and lists
// of them.
var errFields = errors.New("fields are not flat")

func flat(fields []byte) bool {
	err := pipeline.EachMember(fields, func(_ string, at int) (int, error) {
		end := pipeline.SkipValue(fields, at)
		switch fields[at] {
		case '{':
			return 0, errFields
		case '[':
			list, _, _, err := pipeline.SplitArray(fields, at)
			if err != nil {
				return 0, errFields
			}
			for _, v := range list {
				if v[0] == '{' || v[0] == '[' {
					return 0, errFields
				}
			}
		}
		return end, nil
	})
	return err == nil
}

// validUTF8 is a text that may become part of an event, "" when it is no text.
func validUTF8(s string) string {
	if !utf8.ValidString(s) || len(s) > event.MaxKeyBytes {
		return ""
	}
	return s
}
