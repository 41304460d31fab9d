// SPDX-License-Identifier: Apache-2.0

package auth_test

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/face/auth/authtest"
)

func openBench(b *testing.B, h *house) *auth.Auth {
	b.Helper()
	a, err := auth.New(auth.Options{Store: &authtest.Store{}, Key: key(), Audit: h.record, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func TestLoginThrottle(t *testing.T) {
	t.Parallel()
	few := auth.Throttle{
		AccountBurst: 3, AccountEvery: 6 * time.Second, AddressBurst: 5, AddressEvery: 3 * time.Second,
		EverywhereBurst: 4, EverywhereEvery: 2 * time.Second,
	}
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(o *auth.Options) { o.Throttle = few })
		try := func(user, pass, ip string) string {
			_, err := h.Login(t.Context(), user, secret.New(pass), auth.Peer{IP: ip})
			var slow *auth.ThrottledError
			switch {
			case err == nil:
				return "in"
			case errors.As(err, &slow):
				return fmt.Sprintf("%s %s", slow.By, slow.RetryAfter)
			case errors.Is(err, auth.ErrCredentials):
				return "wrong"
			default:
				return err.Error()
			}
		}
		expect := func(want, user, pass, ip string) {
			t.Helper()
			if got := try(user, pass, ip); got != want {
				t.Errorf("login as %s from %s: %s, want %s", user, ip, got, want)
			}
		}
		for range 20 { // successes give their place back
			expect("in", "admin", password, "192.0.2.1")
		}
		for range 3 {
			expect("wrong", "admin", "x", "192.0.2.2")
		}
		expect("account 6s", "admin", "x", "192.0.2.2")
		expect("wrong", "bob", "x", "192.0.2.2") // address: 1 place left of 5
		expect("address 3s", "eve", "x", "192.0.2.2")
		time.Sleep(3 * time.Second)
		expect("wrong", "mallory", "x", "192.0.2.2")
		expect("address 3s", "mallory", "x", "192.0.2.2")

		// Guesses from many addresses are held up together, the right password
		// too, but not where it was right before.
		for i := range 2 { // 3 used up, 1.5 come back
			expect("wrong", "admin", "x", fmt.Sprintf("192.0.2.1%d", i))
		}
		expect("everywhere 1s", "admin", "x", "192.0.2.20")
		expect("everywhere 1s", "admin", password, "192.0.2.21")
		expect("in", "admin", password, "192.0.2.1")
		expect("wrong", "admin", "x", "192.0.2.1")
		expect("in", "admin", password, "192.0.2.1")
		time.Sleep(3 * time.Second)
		expect("in", "admin", password, "192.0.2.21")
		if failed, blocked := h.count(auth.LoginFailed), h.count(auth.RateLimitBlocked); failed != 13 || blocked != 5 {
			t.Errorf("recorded %d login_failed, %d rate_limit_blocked, want 13 and 5", failed, blocked)
		}
	})
}

func TestIPv6AddressesOfOneNetworkAreThrottledTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, func(o *auth.Options) { o.Throttle.AddressBurst = 2 })
		var slow *auth.ThrottledError
		for i := range 3 {
			_, err := h.Login(t.Context(), fmt.Sprint("user", i), secret.New("x"), auth.Peer{IP: fmt.Sprintf("2001:db8::%d", i)})
			if got, want := errors.As(err, &slow), i == 2; got != want {
				t.Errorf("attempt %d throttled = %v, want %v (%v)", i, got, want, err)
			}
		}
		if _, err := h.Login(t.Context(), "user9", secret.New("x"), auth.Peer{IP: "2001:db8:0:1::1"}); errors.As(err, &slow) {
			t.Errorf("another network is throttled: %v", err)
		}
	})
}

// A thousand bad logins in parallel: each is recorded, few cost a hash.
func TestLoginFloodIsRecordedWhole(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			_, err := h.Login(t.Context(), "admin", secret.New(fmt.Sprint("guess", i)), peer)
			if err == nil {
				t.Error("a guess got in")
			}
		})
	}
	wg.Wait()
	if got := h.count(auth.LoginFailed); got != 1000 {
		t.Errorf("login_failed = %d, want 1000", got)
	}
	if got := h.count(auth.RateLimitBlocked); got < 980 {
		t.Errorf("rate_limit_blocked = %d, want at least 980: more than 20 passwords were checked", got)
	}
}
