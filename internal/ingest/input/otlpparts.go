// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// What a request becomes when each record stands in a message of its own, with the
// resource and the scope that it shares with others.
const (
	// otlpPart is how much of it is recorded at a time: the memory that a request
	// takes beside its body.
	otlpPart = 4 << 20
	// otlpSpread is how much it may be.
	otlpSpread = MaxExpanded
	// otlpBlock is the largest block of memory that records share.
	otlpBlock = 1 << 20
)

// otlpForm is one of the two encodings of a request.
type otlpForm struct {
	// cut calls take with each record, and with what it shares with others: the
	// members of the resource's message and of the scope's, but for the records.
	cut func(body []byte, take otlpTake) error
	// size is how many bytes write will append.
	size func(resource, scope, record []byte) int
	// write appends a message with that record alone.
	write func(dst, resource, scope, record []byte) []byte
}

type otlpTake func(resource, scope, record []byte) error

// check counts the records of a request. A request that is broken above its records,
// or too much, is refused here, before anything of it is recorded.
func (f otlpForm) check(body []byte) (records int, err error) {
	spread := 0
	err = f.cut(body, func(resource, scope, record []byte) error {
		if records++; records > pipeline.MaxItems {
			return pipeline.ErrTooMany
		}
		if spread += f.size(resource, scope, record); spread > otlpSpread {
			return fmt.Errorf("%w: with their resource each the records are more than %d bytes", errTooLarge, otlpSpread)
		}
		return nil
	})
	return records, err
}

// otlpParts records the records of one request, part by part.
type otlpParts struct {
	form   otlpForm
	ingest func(ctx context.Context, b pipeline.Batch) (pipeline.Result, error)
	batch  pipeline.Batch
	result pipeline.Result
	block  []byte // where the next record goes
	size   int    // of what is in batch
}

// add takes a record, and records what has been added when that is enough.
func (p *otlpParts) add(ctx context.Context, resource, scope, record []byte) error {
	size := p.form.size(resource, scope, record)
	if p.size > 0 && p.size+size > otlpPart {
		if err := p.flush(ctx); err != nil {
			return err
		}
	}
	if len(p.block)+size > cap(p.block) {
		p.block = make([]byte, 0, max(size, min(otlpBlock, 2*cap(p.block), otlpPart-p.size), 4<<10))
	}
	at := len(p.block)
	p.block = p.form.write(p.block, resource, scope, record)
	p.batch.Items = append(p.batch.Items, p.block[at:len(p.block):len(p.block)])
	p.size += size
	return nil
}

// flush records what has been added. Only the first part of a request is refused when
// too much is on its way: the others wait, for what came before them is recorded.
func (p *otlpParts) flush(ctx context.Context) error {
	if len(p.batch.Items) == 0 {
		return nil
	}
	p.batch.Wait = p.batch.First > 0
	result, err := p.ingest(ctx, p.batch)
	p.result.Add(result)
	p.batch.First += len(p.batch.Items)
	p.batch.Items, p.block, p.size = nil, nil, 0
	return err
}
