// SPDX-License-Identifier: Apache-2.0

package input

import (
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// otlpText is OTLP/JSON: an ExportLogsServiceRequest is cut into objects of the same
// form. It finds where values end, no more; what is in them is for the format to say. A
// tree of objects of the whole request would take many times the memory.
func otlpText() otlpForm {
	const open, middle, inner, end = `{"resourceLogs":[{`, `"scopeLogs":[{`, `"logRecords":[`, `]}]}]}`
	return otlpForm{
		cut: cutOTLPJSON,
		size: func(resource, scope, record []byte) int {
			return len(open) + len(resource) + len(middle) + len(scope) + len(inner) + len(record) + len(end)
		},
		write: func(dst, resource, scope, record []byte) []byte {
			dst = append(append(dst, open...), resource...)
			dst = append(append(dst, middle...), scope...)
			dst = append(append(dst, inner...), record...)
			return append(dst, end...)
		},
	}
}

func cutOTLPJSON(body []byte, take otlpTake) error {
	return jsonLevel(body, "resourceLogs", "resource_logs", func(logs []byte) error {
		resource, err := jsonWithout(logs, "scopeLogs", "scope_logs")
		if err != nil {
			return err
		}
		return jsonLevel(logs, "scopeLogs", "scope_logs", func(scoped []byte) error {
			scope, err := jsonWithout(scoped, "logRecords", "log_records")
			if err != nil {
				return err
			}
			return jsonLevel(scoped, "logRecords", "log_records", func(record []byte) error { return take(resource, scope, record) })
		})
	})
}

// jsonLevel calls f with each member of the array that an object has under one of two
// names; a null or none at all is an empty array.
func jsonLevel(object []byte, name, other string, f func(member []byte) error) error {
	var inner error
	err := pipeline.EachMember(object, func(key string, at int) (int, error) {
		if key != name && key != other || at < len(object) && object[at] == 'n' {
			return pipeline.SkipValue(object, at), nil
		}
		members, next, broken, err := pipeline.SplitArray(object, at)
		switch {
		case errors.Is(err, pipeline.ErrNotJSON):
			return 0, fmt.Errorf("%s: must be an array", key)
		case errors.Is(err, pipeline.ErrTooMany):
			inner = err
			return 0, err
		case broken != "":
			return 0, fmt.Errorf("%s: %s", key, broken)
		}
		for _, m := range members {
			if inner = f(m); inner != nil {
				return 0, inner
			}
		}
		return next, nil
	})
	switch {
	case inner != nil:
		return inner
	case err != nil:
		return fmt.Errorf("%w: %w", errShape, err)
	default:
		return nil
	}
}

// jsonWithout writes the members of an object but those of two names, each with a
// comma behind it.
func jsonWithout(object []byte, name, other string) (members []byte, err error) {
	err = pipeline.EachMember(object, func(key string, at int) (int, error) {
		end := pipeline.SkipValue(object, at)
		if key != name && key != other && end > at {
			members = append(append(append(members, '"'), key...), '"', ':')
			members = append(append(members, object[at:end]...), ',')
		}
		return end, nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errShape, err)
	}
	return members, nil
}
