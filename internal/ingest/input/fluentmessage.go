// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"

	"github.com/klauspost/compress/gzip"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// How many records of one message, and how many bytes of them, are recorded at a time.
const (
	fluentItems = 2000
	fluentBytes = 4 << 20
)

// take records one message: [tag, time, record, option?], [tag, [[time, record], …],
// option?] or [tag, entries in one string, option?]. Where the option names a chunk, it
// is acknowledged after everything is recorded.
func (s *fluentInput) take(ctx context.Context, conn net.Conn, b pipeline.Batch, message []byte, memory *lease) error {
	head, n, err := packHead(message)
	if err != nil || head.kind != packList || head.members < 2 || head.members > 4 {
		return fmt.Errorf("%w: no message of the forward protocol", errPack)
	}
	var parts [4][]byte
	for i := range head.members {
		size, err := packLen(message[n:])
		if err != nil {
			return err
		}
		parts[i] = message[n : n+size]
		n += size
	}
	tag, _, err := packHead(parts[0])
	second, at, _ := packHead(parts[1])
	if err != nil || tag.kind != packText && tag.kind != packBytes {
		return fmt.Errorf("%w: no tag", errPack)
	}
	f := fluentRecords{input: s, batch: b, tag: appendPackText(nil, tag.bytes)}
	option := parts[2]
	switch second.kind {
	case packList:
		err = f.entries(ctx, parts[1][at:])
	case packText, packBytes:
		entries := second.bytes
		if optionText(option, "compressed") == "gzip" {
			if entries, err = s.gunzip(entries, int64(len(message)), memory); err != nil {
				return err
			}
		}
		err = f.entries(ctx, entries)
	default:
		if parts[2] == nil {
			return fmt.Errorf("%w: no record", errPack)
		}
		option = parts[3]
		err = f.add(ctx, parts[1], parts[2])
	}
	if err == nil {
		err = f.flush(ctx)
	}
	id := optionText(option, "chunk")
	if err != nil {
		if id == "" { // with a chunk the sender has them still
			s.lost.Add(uint64(len(f.batch.Items)))
		}
		return err
	}
	if id != "" && len(id) < 1<<16 {
		return sendOn(conn, packText16(packText16([]byte{0x81}, "ack"), id))
	}
	return nil
}

// gunzip expands entries, within the bounds of bodies.
func (s *fluentInput) gunzip(data []byte, held int64, memory *lease) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	limit := min(fluentOpen, max(FreeExpanded, MaxRatio*int64(len(data))))
	if err := memory.grow(max(memory.held, held) + limit); err != nil {
		return nil, err
	}
	open, err := io.ReadAll(io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("gzip: %w", err)
	case int64(len(open)) > limit:
		return nil, fmt.Errorf("%w: entries expand to more than %d bytes", errTooLarge, limit)
	default:
		return open, nil
	}
}

// optionText finds a text in the option of a message, "" when it is not there.
func optionText(option []byte, name string) string {
	head, n, err := packHead(option)
	if err != nil || head.kind != packMap {
		return ""
	}
	for range head.members {
		key, _, _ := packHead(option[n:])
		size, err := packLen(option[n:])
		if err != nil {
			return ""
		}
		n += size
		value, _, _ := packHead(option[n:])
		if size, err = packLen(option[n:]); err != nil {
			return ""
		}
		n += size
		if string(key.bytes) == name && (value.kind == packText || value.kind == packBytes) {
			return string(value.bytes)
		}
	}
	return ""
}

// fluentRecords gathers the records of one message, each as the format fluent reads it.
type fluentRecords struct {
	input *fluentInput
	batch pipeline.Batch
	tag   []byte // as JSON
	size  int
}

// entries adds [time, record] after [time, record].
func (f *fluentRecords) entries(ctx context.Context, data []byte) error {
	for len(data) > 0 {
		size, err := packLen(data)
		if err != nil {
			return fmt.Errorf("%w: an entry breaks off", errPack)
		}
		head, n, _ := packHead(data)
		if head.kind != packList || head.members != 2 {
			return fmt.Errorf("%w: an entry is no pair", errPack)
		}
		at, err := packLen(data[n:])
		if err != nil {
			return err
		}
		if err := f.add(ctx, data[n:n+at], data[n+at:size]); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}

// add adds a record. Fluent Bit puts metadata beside the time: [time, metadata].
func (f *fluentRecords) add(ctx context.Context, when, record []byte) error {
	item := append(append(make([]byte, 0, len(record)+len(record)/2+len(f.tag)+64), `{"tag":`...), f.tag...)
	head, n, err := packHead(when)
	if err == nil && head.kind == packList && head.members > 0 {
		when = when[n:]
		head, _, err = packHead(when)
	}
	text, isTime := eventTime(head)
	switch {
	case err != nil:
		return err
	case isTime:
		item = append(append(item, `,"time":`...), text...)
	case head.kind == packInt || head.kind == packFloat:
		item = append(append(item, `,"time":`...), head.text...)
	}
	item = append(item, `,"record":`...)
	if item, _, err = appendPackJSON(item, record, 0); err != nil {
		return err
	}
	f.batch.Items = append(f.batch.Items, append(item, '}'))
	if f.size += len(item); len(f.batch.Items) >= fluentItems || f.size >= fluentBytes {
		return f.flush(ctx)
	}
	return nil
}

// flush records what has been added.
func (f *fluentRecords) flush(ctx context.Context) error {
	if len(f.batch.Items) == 0 {
		return nil
	}
	if _, err := f.input.handOver(ctx, f.batch); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	f.batch.Items, f.size = nil, 0
	return nil
}
