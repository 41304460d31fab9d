// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

func TestWorkspaceForms(t *testing.T) {
	t.Parallel()
	const signed = "Authorization: SharedKey workspace:UE9TVAo="
	for _, c := range []struct {
		name, token, body string
		status            int
		answer            string
		events            int
	}{
		{"array", "good", `[{"message":"a"},{"message":"b"}]`, 200, `{"accepted":2`, 2},
		{"one record", "good", `{"message":"a"}`, 200, `{"accepted":1`, 1},
		{"empty array", "good", `[]`, 200, `{"accepted":0`, 0},
		{"one wrong", "good", `[{"message":"a"},{"message":7}]`, 200, `{"accepted":1,"duplicates":0,"rejected":1`, 1},
		{"all wrong", "good", `[{"message":7}]`, 400, `{"Error":"InvalidDataFormat"`, 0},
		{"garbage", "good", `x`, 400, `{"Error":"InvalidDataFormat"`, 0},
		{"nothing", "good", ``, 400, `{"Error":"InvalidDataFormat"`, 0},
		{"unknown token", "nobody", `[]`, 401, `{"Error":"InvalidAuthorization"`, 0},
		{"reader's token", "reader", `[]`, 403, `{"Error":"InvalidAuthorization"`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			got := post(t, serve(t, "workspace", s.env("workspace"))+"/api/logs/"+c.token+"?api-version=2016-04-01", []byte(c.body), signed, "Log-Type: ReskSecurityEvents")
			if got.status != c.status || !strings.HasPrefix(string(got.body), c.answer) {
				t.Errorf("%d %s, want %d %s", got.status, got.body, c.status, c.answer)
			}
			if n := len(s.all()); n != c.events {
				t.Errorf("%d events, want %d", n, c.events)
			}
		})
	}
}

// The token is the path's alone, and the type of the records stands around them.
func TestWorkspaceHeaders(t *testing.T) {
	t.Parallel()
	var got pipeline.Batch
	env := newSink(t).env("workspace")
	env.Ingest = func(_ context.Context, b pipeline.Batch) (pipeline.Result, error) {
		got = b
		return pipeline.Result{}, &pipeline.RefusedError{Err: pipeline.ErrBusy, After: time.Second}
	}
	url := serve(t, "workspace", env) + "/api/logs/"
	if a := post(t, url+"nobody", []byte("[]"), "Authorization: Bearer good"); a.status != 401 {
		t.Errorf("a token in the header: %d", a.status)
	}
	a := post(t, url+"good", []byte(`[{}]`), "Log-Type: ReskSecurityEvents")
	if a.status != 429 || !strings.Contains(string(a.body), "TooManyRequests") || a.header.Get("Retry-After") != "1" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if text := fmt.Sprint(got.Around.Attrs[0].Key, " ", got.Around.Attrs[0].Value.Text); text != "log_type ReskSecurityEvents" {
		t.Error(text)
	}
}
