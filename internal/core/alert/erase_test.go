// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestEraseTakesNamesAndLeavesFigures(t *testing.T) {
	t.Parallel()
	zoe := func(s string) bool { return strings.Contains(strings.ToLower(s), "zoe") }
	notes := []alert.Note{{Time: 1, By: "ana", Text: "asked Zoe about it"}, {Time: 2, By: "zoe", Text: "was me"}, {Time: 3, By: "ana", Text: "fine"}}
	anomaly := alert.Anomaly{
		ID: "a", RuleID: "r", Count: 12, Evidence: []event.ID{{1}}, Entity: entity.Entity{Type: "user", Value: "ZOE"}, ResolvedBy: "zoe", Notes: notes,
	}
	about, changed := anomaly.Erase(zoe, "(gone)")
	want := alert.Anomaly{
		ID: "a", RuleID: "r", Count: 12, Evidence: []event.ID{{1}}, Entity: entity.Entity{Type: "user", Value: "(gone)"}, ResolvedBy: "(gone)",
		Notes: []alert.Note{{Time: 1, By: "ana", Text: "(gone)"}, {Time: 2, By: "(gone)", Text: "was me"}, {Time: 3, By: "ana", Text: "fine"}},
	}
	if diff := cmp.Diff(want, anomaly); diff != "" || !about || !changed {
		t.Errorf("about %v, changed %v (-want +got):\n%s", about, changed, diff)
	}
	if notes[0].Text != "asked Zoe about it" {
		t.Error("it wrote into the caller's notes")
	}
	if got := anomaly.Description().Params["entity"]; got != "(gone)" {
		t.Errorf("its description says %v", got)
	}

	row := alert.Alert{ID: "b", Entity: entity.Entity{Type: "ip", Value: "192.0.2.1"}, Assignee: "zoe", AcknowledgedBy: "Zoe", Count: 3, Notes: notes[2:]}
	if about, changed := row.Erase(zoe, "(gone)"); about || !changed {
		t.Errorf("an alert about an address: about %v, changed %v", about, changed)
	}
	if raw, err := json.Marshal(row); err != nil || zoe(string(raw)) || row.Count != 3 || row.Entity.Value != "192.0.2.1" || len(row.Notes) != 1 {
		t.Errorf("%s, %v", raw, err)
	}
	before := row
	if about, changed := row.Erase(zoe, "(gone)"); about || changed || cmp.Diff(before, row) != "" {
		t.Errorf("erased twice: about %v, changed %v", about, changed)
	}
}
