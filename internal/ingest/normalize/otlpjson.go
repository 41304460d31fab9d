// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// otlpJSON reads LogsData in OTLP/JSON. The rules of that form (ids in hex, numbers
// of 64 bits as text, enums) are those of the Collector's own library, which makes
// of it the message that is read here.
func otlpJSON(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	if err := shallow(raw); err != nil {
		return out, err
	}
	var from plog.JSONUnmarshaler
	logs, err := from.UnmarshalLogs(raw)
	if err != nil {
		what, _, _ := strings.Cut(err.Error(), ", error found") // the library goes on with parts of the record
		return out, fmt.Errorf("%w: %.200s", ErrJSON, strings.ReplaceAll(what, "\x00", "the end"))
	}
	var to plog.ProtoMarshaler
	message, err := to.MarshalLogs(logs)
	if err != nil {
		return out, fmt.Errorf("resource_logs: %w", err)
	}
	spread := maxSpread
	w := wire{b: message}
	for w.next() {
		if !w.is(1, protowire.BytesType) {
			continue
		}
		if out, err = otlpResourceLogs(w.bytes, h, out, &spread); err != nil {
			return out, err
		}
	}
	return out, w.err
}

// jsonPerLevel is how many levels of JSON one level of a value takes in OTLP/JSON:
// {"kvlistValue":{"values":[{"key":…,"value":…}]}}.
const jsonPerLevel = 4

// shallow refuses JSON that is deeper than any record that is taken: the library
// recurses without a bound of ours.
func shallow(raw []byte) error {
	depth, text := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			if depth++; depth > jsonPerLevel*(event.MaxDepth+4) {
				return fmt.Errorf("%w: at byte %d", errTooDeep, i)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}
