// SPDX-License-Identifier: Apache-2.0

package erasure_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
)

var (
	ana = erasure.Actor{Name: "ana", Owner: "ana", ID: "user:1"}
	bob = erasure.Actor{Name: "bob's token", Owner: "bob", ID: "token:2"}
	now = time.Date(2026, 11, 26, 17, 0, 0, 0, time.UTC)
)

func order(t *testing.T, dual bool) erasure.Order {
	t.Helper()
	o, err := erasure.New(erasure.Request{ID: "1", Subject: " zoe ", Reason: "case 7", By: ana, At: now}, dual, func(s string) bool { return strings.Contains(s, "zoe") })
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRequests(t *testing.T) {
	t.Parallel()
	f := func(subject, reason, field string) {
		t.Helper()
		o, err := erasure.New(erasure.Request{ID: "1", Subject: subject, Reason: reason, By: ana, At: now}, false, func(s string) bool { return strings.Contains(s, subject) })
		switch {
		case field == "" && (err != nil || o.Status != erasure.Approved || o.Subject != strings.TrimSpace(subject)):
			t.Errorf("%q: %+v, %v", subject, o, err)
		case field != "" && (!errors.Is(err, erasure.ErrInvalid) || !strings.Contains(err.Error(), "invalid: "+field+": ")):
			t.Errorf("%q: %v, want one about %s", subject, err, field)
		case err != nil && subject != "" && strings.Contains(err.Error(), subject):
			t.Errorf("the error names the subject: %v", err)
		}
	}
	f("ștefan", "asked on paper, case 7", "")
	f("10.0.0.1", "", "")
	f("x", "", "subject")
	f("  ", "", "subject")
	f(strings.Repeat("x", 257), "", "subject")
	f("a\nb", "", "subject")
	f("\xff\xfe\xfd", "", "subject")
	f("--", "", "subject")
	f("zoe", "zoe asked", "reason")
	f("zoe", strings.Repeat("y", 1001), "reason")
	f("zoe", "\xff", "reason")
	if _, err := erasure.New(erasure.Request{ID: "1", Subject: "zoe"}, false, func(string) bool { return false }); err == nil {
		t.Error("an order of nobody is taken")
	}
}

func TestDualControl(t *testing.T) {
	t.Parallel()
	o := order(t, true)
	if o.Status != erasure.Pending {
		t.Fatalf("with dual control it is %s", o.Status)
	}
	for name, who := range map[string]erasure.Actor{
		"the requester":        ana,
		"a token of theirs":    {Name: "another", Owner: "ana"},
		"somebody of the name": {Name: "ana", Owner: "eve"},
	} {
		if err := o.Approve(who, now, true); !errors.Is(err, erasure.ErrSameActor) || o.Status != erasure.Pending {
			t.Errorf("%s: %v, %s", name, err, o.Status)
		}
	}
	alone := o
	if err := alone.Approve(ana, now, false); err != nil { // it was switched off meanwhile
		t.Errorf("without dual control: %v", err)
	}
	if err := o.Approve(bob, now, true); err != nil || o.Status != erasure.Approved || o.ApprovedBy != bob.Name || o.Actor != bob.ID || !o.ApprovedAt.Equal(now) {
		t.Errorf("%+v, %v", o, err)
	}
	var conflict *erasure.ConflictError
	if err := o.Approve(bob, now, true); !errors.As(err, &conflict) || conflict.Status != erasure.Approved {
		t.Errorf("approved twice: %v", err)
	}
}

// TestEndsForgetTheSubject: whatever way an order ends, the name is out of it.
func TestEndsForgetTheSubject(t *testing.T) {
	t.Parallel()
	begun := func(t *testing.T) erasure.Order {
		o := order(t, false)
		if err := o.Begin(now); err != nil {
			t.Fatal(err)
		}
		return o
	}
	for name, end := range map[string]func(t *testing.T) erasure.Order{
		"cancelled before": func(t *testing.T) erasure.Order {
			o := order(t, true)
			if err := o.Cancel(bob, now); err != nil {
				t.Error(err)
			}
			return o
		},
		"cancelled, as it could not get on": func(t *testing.T) erasure.Order {
			o := begun(t)
			o.Fail("a file cannot be read")
			if err := o.Cancel(bob, now); err != nil {
				t.Error(err)
			}
			return o
		},
		"refused": func(t *testing.T) erasure.Order {
			o := begun(t)
			o.Refuse("case-1", now)
			return o
		},
		"done": func(t *testing.T) erasure.Order {
			o := begun(t)
			o.Finish(erasure.Outcome{Entries: 3, Certificate: "signed"}, now)
			return o
		},
	} {
		o := end(t)
		raw, err := json.Marshal(o)
		if err != nil || strings.Contains(string(raw), "zoe") || o.Status.Open() || !o.EndedAt.Equal(now) || o.Error != "" {
			t.Errorf("%s: %s, %v", name, raw, err)
		}
		var back erasure.Order
		if err := json.Unmarshal(raw, &back); err != nil || cmp.Diff(o, back) != "" {
			t.Errorf("%s: %v\n%s", name, err, cmp.Diff(o, back))
		}
	}
}

func TestTransitions(t *testing.T) {
	t.Parallel()
	var conflict *erasure.ConflictError
	o := order(t, true)
	if err := o.Begin(now); !errors.As(err, &conflict) || conflict.Action != "begin" {
		t.Errorf("a pending one begins: %v", err)
	}
	o = order(t, false)
	if err := o.Begin(now); err != nil || o.Tries != 1 || !o.StartedAt.Equal(now) || o.Subject != "zoe" {
		t.Fatalf("%+v, %v", o, err)
	}
	if err := o.Cancel(ana, now); !errors.As(err, &conflict) || conflict.Status != erasure.Running {
		t.Errorf("one that runs is cancelled: %v", err)
	}
	o.Fail("disk is full")
	if err := o.Begin(now.Add(time.Hour)); err != nil || o.Tries != 2 || o.Error != "" || !o.StartedAt.Equal(now) {
		t.Errorf("again: %+v, %v", o, err)
	}
	o.Forget()
	if o.Subject != "" || !o.Status.Open() {
		t.Errorf("%+v", o)
	}
	o.Finish(erasure.Outcome{}, now)
	for _, err := range []error{o.Begin(now), o.Cancel(ana, now), o.Approve(bob, now, false)} {
		if !errors.As(err, &conflict) || conflict.Status != erasure.Done {
			t.Errorf("after the end: %v", err)
		}
	}
}
