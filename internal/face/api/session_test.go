// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
)

const good = `{"username":"admin","password":"` + password + `"}`

func TestLoginGivesATokenAndACookie(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	w := h.do(t, call{method: "POST", url: "/api/auth/login", body: good})
	if w.Code != 200 {
		t.Fatalf("login: %d %s", w.Code, w.Body)
	}
	in := decode[api.Login](t, w)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("cookies = %v, want one", cookies)
	}
	c := cookies[0]
	if c.Name != "tocsin_session" || c.Value != in.Token || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" {
		t.Errorf("cookie = %+v", c)
	}
	if until := time.Until(in.ExpiresAt); until < 11*time.Hour || until > 13*time.Hour {
		t.Errorf("the session lasts %s", until)
	}
	me := h.do(t, call{method: "GET", url: "/api/auth/me", header: map[string]string{"Cookie": "tocsin_session=" + c.Value}})
	if me.Code != 200 || !strings.Contains(me.Body.String(), `"permissions":["security.view_audit","security.manage","ingest"],"role":"admin","username":"admin"`) {
		t.Errorf("me by cookie: %d %s", me.Code, me.Body)
	}
	out := h.do(t, call{method: "POST", url: "/api/auth/logout", token: in.Token})
	if out.Code != 204 || !strings.Contains(out.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("logout: %d, cookie %q", out.Code, out.Header().Get("Set-Cookie"))
	}
	for name, c := range map[string]call{
		"cookie": {header: map[string]string{"Cookie": "tocsin_session=" + c.Value}}, "bearer": {token: in.Token},
	} {
		c.method, c.url = "GET", "/api/siem/alerts"
		if w := h.do(t, c); w.Code != 401 {
			t.Errorf("%s after logout: %d, want 401", name, w.Code)
		}
	}
	if got := h.categories(); got != "login_success logout" {
		t.Errorf("recorded %q", got)
	}
}

func TestRefusedLoginSaysNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var bodies []string
	for _, user := range []string{"admin", "nobody"} {
		w := h.do(t, call{method: "POST", url: "/api/auth/login", body: fmt.Sprintf(`{"username":%q,"password":"guess"}`, user)})
		mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 401, "wrong_credentials")
		if w.Header().Get("Set-Cookie") != "" {
			t.Error("a refused login sets a cookie")
		}
		p := decode[api.Problem](t, w)
		p.RequestId = nil
		bodies = append(bodies, fmt.Sprintf("%v %v", p.Code, *p.Detail))
	}
	if bodies[0] != bodies[1] {
		t.Errorf("known and unknown user differ: %q, %q", bodies[0], bodies[1])
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.did) != 2 || h.did[0].IP != "192.0.2.1" || h.did[0].UserAgent != "test/1" || strings.Contains(h.log.String(), "guess") {
		t.Errorf("recorded %+v, logged %s", h.did, h.log)
	}
}

// A thousand bad logins over HTTP: each is an event, most are answered 429.
func TestLoginFlood(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	status := map[int]int{}
	for worker := range 4 {
		wg.Go(func() {
			for i := range 250 {
				w := h.do(t, call{method: "POST", url: "/api/auth/login", body: fmt.Sprintf(`{"username":"admin","password":"%d-%d"}`, worker, i)})
				if w.Code == 429 && w.Header().Get("Retry-After") == "" {
					t.Error("429 without Retry-After")
				}
				mu.Lock()
				status[w.Code]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if got := strings.Count(h.categories(), "login_failed"); got != 1000 || status[401]+status[429] != 1000 || status[429] < 900 {
		t.Errorf("login_failed = %d, answers %v, want 1000, of them at least 900 with 429", got, status)
	}
}

func TestOtherSitesCannotActWithTheCookie(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	cookie := "tocsin_session=" + h.login(t)
	for name, c := range map[string]struct {
		header map[string]string
		token  string
		status int
	}{
		"same origin":      {map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}, "", 200},
		"another site":     {map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}, "", 403},
		"same site":        {map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "same-site"}, "", 403},
		"old browser":      {map[string]string{"Cookie": cookie, "Origin": "https://evil.example.com"}, "", 403},
		"token, no cookie": {map[string]string{"Sec-Fetch-Site": "cross-site"}, h.tokens["manage"], 200},
		"no browser":       {map[string]string{"Cookie": cookie}, "", 200},
	} {
		w := h.do(t, call{method: "POST", url: "/api/siem/alerts/al1/acknowledge", header: c.header, token: c.token})
		if w.Code != c.status {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, c.status, w.Body)
		}
	}
	w := h.do(t, call{method: "POST", url: "/api/auth/login", body: good, header: map[string]string{"Sec-Fetch-Site": "cross-site"}})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 403, "cross_origin")
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, url := range []string{"/", "/api/siem/logs", "/healthz", "/api/nothing", "/assets/none.js"} {
		w := h.do(t, call{method: "GET", url: url})
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "X-Request-Id"} {
			if w.Header().Get(name) == "" {
				t.Errorf("%s: no %s", url, name)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "script-src 'self' ") || !strings.Contains(csp, "script-src 'self';") {
			t.Errorf("%s: scripts from elsewhere: %s", url, csp)
		}
	}
}

// What goes wrong inside is in the log under the request id, and not in the answer.
func TestInternalErrorsStayInside(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(h *house) func(*api.Options)
		status int
		code   string
	}{
		"error": {func(*house) func(*api.Options) {
			return func(o *api.Options) {
				o.Vitals = func(context.Context) (api.Vitals, error) {
					return api.Vitals{}, errors.New("disk /dev/secret is on fire")
				}
			}
		}, 500, "internal"},
		"panic": {func(*house) func(*api.Options) {
			return func(o *api.Options) {
				o.Vitals = func(context.Context) (api.Vitals, error) { panic("disk /dev/secret is on fire") }
			}
		}, 500, "internal"},
		"too slow": {func(*house) func(*api.Options) {
			return func(o *api.Options) {
				o.Vitals = func(context.Context) (api.Vitals, error) { return api.Vitals{}, context.DeadlineExceeded }
			}
		}, 503, "too_slow"},
	} {
		h := newHouse(t, c.change(nil))
		w := h.do(t, call{method: "GET", url: "/api/siem/dashboard", token: h.tokens["read"]})
		mustBeProblem(t, w.Code, w.Header(), w.Body.String(), c.status, c.code)
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: the answer tells: %s", name, w.Body)
		}
		id := w.Header().Get("X-Request-Id")
		if c.status == 500 && (!strings.Contains(w.Body.String(), id) || !strings.Contains(h.log.String(), id) || !strings.Contains(h.log.String(), "on fire")) {
			t.Errorf("%s: request id %s is not in answer and log: %s %s", name, id, w.Body, h.log)
		}
	}
}

func TestOneCallerCannotTakeEverything(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	slow := 0
	for range 400 {
		if w := h.do(t, call{method: "GET", url: "/api/auth/me", token: h.tokens["read"]}); w.Code == 429 {
			if slow++; w.Header().Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
		}
	}
	if slow == 0 {
		t.Error("400 requests at once were all let through")
	}
	if w := h.do(t, call{method: "GET", url: "/api/auth/me", token: h.tokens["manage"]}); w.Code != 200 {
		t.Errorf("another caller: %d, want 200", w.Code)
	}
}

func TestASearchIsRecordedOnceAWhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, url := range []string{"/api/siem/logs", "/api/siem/logs?limit=5", "/api/siem/logs?user_id=ana", "/api/siem/logs?user_id=ana&limit=7", "/api/siem/logs?q=ana"} {
		h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.events) != 2 {
		t.Fatalf("recorded %d searches, want 2: %+v", len(h.events), h.events)
	}
	e := h.events[0]
	if v, _ := e.Attr("filter.user"); v.Text != "ana" || e.User != "read token" || e.IP != "192.0.2.1" || e.Source != "security_audit" || e.Outcome != event.Success {
		t.Errorf("recorded %+v", e)
	}
}

func TestOneVerificationAtATime(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	h := newHouse(t, func(o *api.Options) {
		o.Verify = func(context.Context, time.Time, time.Time, func(float64)) (api.Verification, error) {
			close(started)
			<-finish
			return api.Verification{
				Status: api.VerificationStatusINVALID, Total: 3, Verified: 2, Tampered: 1,
				Entries: []api.EntryVerdict{{Stream: "366d", Seq: 2, Verdict: "INVALID"}},
			}, nil
		}
	})
	verify := call{method: "POST", url: "/api/siem/logs/verify", token: h.tokens["read"]}
	done := make(chan string, 1)
	go func() { done <- h.do(t, verify).Body.String() }()
	<-started
	w := h.do(t, verify)
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 409, "verification_running")
	close(finish)
	if body := <-done; !strings.Contains(body, `"tampered":1`) || !strings.Contains(body, `"verdict":"INVALID"`) {
		t.Errorf("verification: %s", body)
	}
	dash := h.do(t, call{method: "GET", url: "/api/siem/dashboard", token: h.tokens["read"]})
	if !strings.Contains(dash.Body.String(), `"integrity":{"checked_at":"`) || !strings.Contains(dash.Body.String(), `"status":"INVALID"`) {
		t.Errorf("the dashboard does not show the verification: %s", dash.Body)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.events) != 1 || h.events[0].Outcome != event.Failure {
		t.Errorf("recorded %+v", h.events)
	}
}

func TestResolvingAnAlertCanKeepItsAnomalies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`: "KeepAnomalies:false", `{"resolve_anomalies":true}`: "KeepAnomalies:false", `{"resolve_anomalies":false}`: "KeepAnomalies:true",
	} {
		h := newHouse(t, nil)
		if w := h.do(t, call{method: "POST", url: "/api/siem/alerts/al1/resolve", body: body, token: h.tokens["manage"]}); w.Code != 200 {
			t.Fatalf("%s: %d %s", body, w.Code, w.Body)
		}
		if got := strings.Join(h.cases.filters, " "); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestDashboardCountsTheSourcesOfADay(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	at := time.Now().Add(-time.Hour).UTC()
	h.logs.events = append(h.logs.events, event.Event{ID: idOf(9), Time: at.UnixNano(), Source: "system"})
	w := h.do(t, call{method: "GET", url: "/api/siem/dashboard", token: h.tokens["read"]})
	if !strings.Contains(w.Body.String(), `"sources":[{"events":1,"last_seen":"`+at.Format(time.RFC3339Nano)+`","source":"system"}]`) {
		t.Errorf("dashboard: %s", w.Body)
	}
}
