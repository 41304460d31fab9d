// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func TestTombstonesComeBack(t *testing.T) {
	t.Parallel()
	for _, want := range []proof.Tombstone{
		{Stream: "90d", Actor: "retention", First: 1, Last: 900, FirstRange: 1, LastRange: 3, Headers: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", Policy: "90d"},
		{Erased: true, ID: "01J", Stream: "365d", Actor: "admin", Slots: [2][]proof.SeqRun{{{17, 19}, {40, 40}}, {{17, 17}}}},
	} {
		var e event.Event
		want.Event(&e)
		got, ok, err := proof.ParseTombstone(&e)
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
		}
	}
}

// TestTombstonesOfArchivesExcuseNothingHere: they have categories of their own, so
// that nobody who does not know of archives takes them for the journal's.
func TestTombstonesOfArchivesExcuseNothingHere(t *testing.T) {
	t.Parallel()
	for _, want := range []proof.Tombstone{
		{Origin: "old.example/abc", Stream: "90d", Actor: "retention", First: 1, Last: 900, FirstRange: 1, LastRange: 3, Headers: strings.Repeat("ab", 32), Policy: "90d"},
		{Origin: "old.example/abc", Erased: true, ID: "01J", Stream: "365d", Actor: "admin", Slots: [2][]proof.SeqRun{{{17, 19}}, nil}},
	} {
		var e event.Event
		want.Event(&e)
		got, ok, err := proof.ParseArchiveTombstone(&e)
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
		}
		if _, ok, _ := proof.ParseTombstone(&e); ok {
			t.Errorf("%s is taken for one of the journal's own", e.Category)
		}
		e.SetAttr("tombstone.origin", event.Text(""))
		if _, ok, err := proof.ParseArchiveTombstone(&e); !ok || !errors.Is(err, proof.ErrTombstone) {
			t.Errorf("without an origin: %v, %v", ok, err)
		}
		want.Origin = ""
		want.Event(&e)
		if _, ok, _ := proof.ParseArchiveTombstone(&e); ok {
			t.Errorf("%s is taken for one about an archive", e.Category)
		}
	}
}

func TestMalformedTombstonesAreRefused(t *testing.T) {
	t.Parallel()
	for _, slots := range []string{"", "0", "3-2", "3-3", "1,2", "2,1", "1-5,5", "1,", ",", "01", "+1", "1-", "99999999999999999999"} {
		var e event.Event
		(&proof.Tombstone{Erased: true, ID: "x", Stream: "90d", Slots: [2][]proof.SeqRun{{{1, 1}}, nil}}).Event(&e)
		e.SetAttr("tombstone.slot0", event.Text(slots))
		if _, ok, err := proof.ParseTombstone(&e); !ok || !errors.Is(err, proof.ErrTombstone) {
			t.Errorf("%q: %v, %v", slots, ok, err)
		}
	}
	if _, ok, err := proof.ParseTombstone(&event.Event{Category: "login_failed"}); ok || err != nil {
		t.Errorf("another event: %v, %v", ok, err)
	}
}
