// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

func TestRecorderKnowsWhetherTheJournalWrites(t *testing.T) {
	var outcome error
	head := uint64(7)
	r := &recorder{head: func() uint64 { return head }, append: func(context.Context, []*event.Event) ([]event.Range, error) { return nil, outcome }}
	try := func(err error) {
		outcome = err
		if _, got := r.record(t.Context(), nil); got != err { //nolint:errorlint // it is passed on as it is
			t.Fatalf("%v, want %v", got, err)
		}
	}
	now := time.Now()
	try(nil)
	if r.refusing(now) {
		t.Error("refusing after a success")
	}
	try(fmt.Errorf("%w: somewhere", journal.ErrFull))
	if !r.refusing(time.Now()) {
		t.Error("not refusing after a refusal")
	}
	if r.refusing(time.Now().Add(refusalCounts + time.Second)) {
		t.Error("a refusal of long ago still counts")
	}
	try(context.Canceled)
	if !r.refusing(time.Now()) {
		t.Error("another error has cleared the refusal")
	}
	try(nil)
	if r.refusing(time.Now()) {
		t.Error("still refusing after a success")
	}
	try(journal.ErrFull)
	head++
	if r.refusing(time.Now()) {
		t.Error("still refusing after the journal went on by itself")
	}
}
