// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/face/auth/authtest"
)

func TestAuthStore(t *testing.T) {
	t.Parallel()
	authtest.TestStore(t, func(t *testing.T) auth.Store { return openState(t, t.TempDir()) })
}

func TestTokenOfAnotherProcessIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, command := openState(t, dir), openState(t, dir)
	want := auth.Token{ID: "t", Name: "n", Scope: auth.ScopeRead, Hash: [32]byte{7}, Created: time.Now().UTC(), CreatedBy: "command"}
	if err := command.CreateToken(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got, err := server.TokenByHash(t.Context(), want.Hash); err != nil || got.ID != "t" {
		t.Errorf("TokenByHash = %+v, %v", got, err)
	}
}

func TestPendingActivitiesSurviveAFailedDrain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := openState(t, dir)
	var want []auth.Activity
	for _, name := range []string{"a", "b", "c"} {
		a := auth.Activity{Category: auth.TokenIssued, Time: time.Date(2026, 11, 20, 10, 0, 0, 5, time.UTC), User: "root", Name: name, Scope: "read"}
		if err := command.QueueActivity(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		want = append(want, a)
	}
	if err := command.Close(); err != nil {
		t.Fatal(err)
	}

	server := openState(t, dir)
	down := errors.New("journal is down")
	if n, err := server.DrainActivities(t.Context(), func(context.Context, []auth.Activity) error { return down }); !errors.Is(err, down) || n != 0 {
		t.Errorf("failed drain = %d, %v, want 0 and the error", n, err)
	}
	var got []auth.Activity
	keep := func(_ context.Context, batch []auth.Activity) error {
		got = append(got, batch...)
		return nil
	}
	for _, left := range []int{3, 0} {
		if n, err := server.DrainActivities(t.Context(), keep); err != nil || n != left {
			t.Errorf("drain = %d, %v, want %d", n, err, left)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drained (-want +got):\n%s", diff)
	}
}

func FuzzParseTokenCursor(f *testing.F) {
	f.Add("1abc.XYZ")
	f.Add(".")
	f.Add("-zz.é")
	f.Fuzz(func(t *testing.T, cursor string) {
		_, id, err := parseTokenCursor(cursor)
		if (err == nil) != (id != "") {
			t.Errorf("parseTokenCursor(%q) = id %q, error %v", cursor, id, err)
		}
	})
}
