// SPDX-License-Identifier: Apache-2.0

package state

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
)

func TestErasuresComeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openState(t, dir)
	anyone := func([]*erasure.Order) error { return nil }
	want := erasure.Order{
		ID: "o1", Status: erasure.Approved, Subject: "zoe", Reason: "case 7", RequestedAt: time.Unix(7, 0).UTC(), RequestedBy: "ana", Owner: "ana",
	}
	if err := s.AddErasure(t.Context(), want, anyone); err != nil {
		t.Fatal(err)
	}
	no := errors.New("there is one already")
	err := s.AddErasure(t.Context(), erasure.Order{ID: "o2", Status: erasure.Pending}, func(open []*erasure.Order) error {
		if len(open) != 1 || open[0].ID != "o1" {
			t.Errorf("open: %+v", open)
		}
		return no
	})
	if !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openState(t, dir)
	if got, err := s.Erasure(t.Context(), "o1"); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v (-want +got):\n%s", err, cmp.Diff(want, got))
	}
	if _, err := s.Erasure(t.Context(), "o2"); !errors.Is(err, erasure.ErrNotFound) {
		t.Errorf("one that was refused: %v", err)
	}
	if _, err := s.ChangeErasure(t.Context(), "o1", func(o *erasure.Order) error {
		o.Status = erasure.Done
		return no
	}); !errors.Is(err, no) {
		t.Errorf("%v", err)
	}
	if got, err := s.Erasure(t.Context(), "o1"); err != nil || got.Status != erasure.Approved {
		t.Errorf("after a change that failed: %+v, %v", got, err)
	}
	done, err := s.ChangeErasure(t.Context(), "o1", func(o *erasure.Order) error {
		o.Finish(erasure.Outcome{Entries: 3, Derived: map[string]int{"alerts": 1}, Certificate: "c"}, time.Unix(9, 0))
		return nil
	})
	if err != nil || done.Status != erasure.Done {
		t.Errorf("%+v, %v", done, err)
	}
	if open, err := s.OpenErasures(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("open: %+v, %v", open, err)
	}
	if _, err := s.ChangeErasure(t.Context(), "o9", func(*erasure.Order) error { return nil }); !errors.Is(err, erasure.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestErasuresAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	for i := range 5 {
		if err := s.AddErasure(t.Context(), erasure.Order{ID: strconv.Itoa(i), Status: erasure.Pending}, func([]*erasure.Order) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	var got strings.Builder
	part := alert.Window{Limit: 2}
	for {
		p, err := s.Erasures(t.Context(), part)
		if err != nil || p.Total != 5 {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, o := range p.Items {
			got.WriteString(o.ID)
		}
		if got.WriteByte('|'); p.Next == "" {
			break
		}
		part.Cursor = p.Next
	}
	if got.String() != "43|21|0|" {
		t.Errorf("%s", got.String())
	}
}

func TestTheLastRunOfRetention(t *testing.T) {
	t.Parallel()
	s := openState(t, t.TempDir())
	var got map[string]int
	if there, err := s.Retention(t.Context(), &got); err != nil || there {
		t.Errorf("before the first: %v, %v", there, err)
	}
	for n := range 2 {
		if err := s.KeepRetention(t.Context(), map[string]int{"files": n}); err != nil {
			t.Fatal(err)
		}
	}
	if there, err := s.Retention(t.Context(), &got); err != nil || !there || got["files"] != 1 {
		t.Errorf("%v, %v, %v", there, got, err)
	}
}
