// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// ask makes a GET request with headers as they are.
func (s *server) ask(method, path string, headers map[string][]string, body string) (int, string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	maps.Copy(req.Header, headers)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

// TestForgedCredentials tries to get in with what is nearly right.
func TestForgedCredentials(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	reader, jwt := s.token("read"), s.login()
	part := strings.Split(jwt, ".")
	if len(part) != 3 {
		t.Fatalf("the login's token has %d parts", len(part))
	}
	b64 := base64.RawURLEncoding.EncodeToString
	sign := func(header, claims, key string) string {
		text := b64([]byte(header)) + "." + b64([]byte(claims))
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		return text + "." + b64(mac.Sum(nil))
	}
	raw, err := base64.RawURLEncoding.DecodeString(part[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := string(raw)
	var old struct {
		Exp int64
		Jti string
	}
	if err := json.Unmarshal(raw, &old); err != nil || old.Jti == "" {
		t.Fatalf("claims %s: %v", raw, err)
	}
	with := func(header string) map[string][]string { return map[string][]string{"Authorization": {header}} }
	const path = "/api/siem/logs?limit=1"
	for name, bearer := range map[string]string{
		"nothing":           "",
		"a space":           " ",
		"no signature":      part[0] + "." + part[1] + ".",
		"two parts":         part[0] + "." + part[1],
		"algorithm none":    b64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part[1] + ".",
		"algorithm nOnE":    b64([]byte(`{"alg":"nOnE"}`)) + "." + part[1] + "." + part[2],
		"no algorithm":      b64([]byte(`{"typ":"JWT"}`)) + "." + part[1] + "." + part[2],
		"HS512":             b64([]byte(`{"alg":"HS512","typ":"JWT"}`)) + "." + part[1] + "." + part[2],
		"RS256":             b64([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + part[1] + "." + part[2],
		"no key":            sign(`{"alg":"HS256","typ":"JWT"}`, claims, ""),
		"key of zeros":      sign(`{"alg":"HS256","typ":"JWT"}`, claims, strings.Repeat("\x00", 32)),
		"key from a file":   sign(`{"alg":"HS256","typ":"JWT","kid":"../../../../dev/null"}`, claims, ""),
		"key in the header": sign(`{"alg":"HS256","jwk":{"kty":"oct","k":""}}`, claims, ""),
		"other claims":      part[0] + "." + b64([]byte(strings.Replace(claims, strconv.FormatInt(old.Exp, 10), "9999999999", 1))) + "." + part[2],
		"the session's id":  old.Jti,
		"changed end":       jwt[:len(jwt)-3] + "AAA",
		"twice":             jwt + jwt,
		"long":              strings.Repeat("a", 40_000),
		"long token":        "tocsin_r_" + strings.Repeat("A", 40_000),
		"prefix only":       "tocsin_",
		"one letter less":   reader[:len(reader)-1],
		"one letter more":   reader + "A",
		"small letters":     strings.ToLower(reader),
		"another scope":     strings.Replace(reader, "tocsin_r_", "tocsin_m_", 1),
		"odd letters":       "tocsin_r_'\"\\%00;--\u00e9",
		"wildcard":          "tocsin_r_%",
		"NUL after it":      reader + "\\0",
		"a list":            reader + "," + reader,
	} {
		if status, body := s.ask("GET", path, with("Bearer "+bearer), ""); status != 401 {
			t.Errorf("%s: status %d, want 401: %.200s", name, status, body)
		}
		if bearer != "" && !strings.ContainsAny(bearer, " \",;\\\u00e9") {
			if status, _ := s.ask("GET", path, map[string][]string{"Cookie": {"tocsin_session=" + bearer}}, ""); status != 401 {
				t.Errorf("%s as cookie: status %d, want 401", name, status)
			}
		}
	}
	for name, headers := range map[string]map[string][]string{
		"basic":                      with("Basic " + base64.StdEncoding.EncodeToString([]byte("admin:"+adminPassword))),
		"no scheme":                  with(reader),
		"wrong header, right cookie": {"Authorization": {"Bearer tocsin_r_x"}, "Cookie": {"tocsin_session=" + jwt}},
		"basic, right cookie":        {"Authorization": {"Basic eDp5"}, "Cookie": {"tocsin_session=" + jwt}},
		"other cookie":               {"Cookie": {"session=" + jwt}},
		"token in the query":         {},
	} {
		if status, body := s.ask("GET", path+"", headers, ""); status != 401 {
			t.Errorf("%s: status %d, want 401: %.200s", name, status, body)
		}
	}
	for name, headers := range map[string]map[string][]string{
		"token":          with("Bearer " + reader),
		"small scheme":   with("bearer " + reader),
		"login's token":  with("Bearer " + jwt),
		"cookie":         {"Cookie": {"tocsin_session=" + jwt}},
		"token + cookie": {"Authorization": {"Bearer " + reader}, "Cookie": {"tocsin_session=nonsense"}},
	} {
		if status, body := s.ask("GET", path, headers, ""); status != 200 {
			t.Errorf("control: %s: status %d, want 200: %.200s", name, status, body)
		}
	}
	// The header decides, also when the cookie may more.
	if status, _ := s.ask("GET", "/api/siem/tokens", map[string][]string{"Authorization": {"Bearer " + reader}, "Cookie": {"tocsin_session=" + jwt}}, ""); status != 403 {
		t.Errorf("a read token beside an admin's cookie: status %d, want 403", status)
	}
	// A cookie writes no events: inputs know no cookie.
	if status, _ := s.ask("POST", "/api/siem/events", map[string][]string{"Cookie": {"tocsin_session=" + jwt}}, `{"message":"x"}`); status != 401 {
		t.Errorf("events with a cookie: status %d, want 401", status)
	}
}

// TestOtherSitesCannotAct sends what a page of another site would make a browser
// send.
func TestOtherSitesCannotAct(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	jwt := s.login()
	cookie := "tocsin_session=" + jwt
	host := strings.TrimPrefix(s.url, "http://")
	for _, c := range []struct {
		name    string
		headers map[string][]string
		want    int
	}{
		{"cross-site", map[string][]string{"Cookie": {cookie}, "Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://evil.example"}}, 403},
		{"same-site", map[string][]string{"Cookie": {cookie}, "Sec-Fetch-Site": {"same-site"}}, 403},
		{"old browser", map[string][]string{"Cookie": {cookie}, "Origin": {"http://evil.example"}}, 403},
		{"other port", map[string][]string{"Cookie": {cookie}, "Origin": {"http://127.0.0.1:1"}}, 403},
		{"null origin", map[string][]string{"Cookie": {cookie}, "Origin": {"null"}}, 403},
		{"own page", map[string][]string{"Cookie": {cookie}, "Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://" + host}}, 404},
		{"no browser", map[string][]string{"Authorization": {"Bearer " + jwt}}, 404},
	} {
		for _, path := range []string{"/api/siem/alerts/nothing/acknowledge", "/api/siem/anomalies/nothing/resolve"} {
			if status, body := s.ask("POST", path, c.headers, "{}"); status != c.want {
				t.Errorf("%s: %s: status %d, want %d: %.200s", c.name, path, status, c.want, body)
			}
		}
	}
	login := fmt.Sprintf(`{"username":"admin","password":%q}`, adminPassword)
	if status, _ := s.ask("POST", "/api/auth/login", map[string][]string{"Sec-Fetch-Site": {"cross-site"}}, login); status != 403 {
		t.Errorf("login from another site: status %d, want 403", status)
	}
	status, body := s.ask("POST", "/api/auth/login", map[string][]string{"Content-Type": {"text/plain"}}, login)
	if status != 200 { // ask sets the content type: this is the control
		t.Errorf("login: status %d: %s", status, body)
	}
}

// stream opens a live stream and returns what it says until it ends.
func (s *server) stream(path, bearer string) (first func(), ended chan string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %v %+v", path, err, resp)
	}
	ended = make(chan string, 1)
	begun := make(chan struct{})
	go func() {
		defer resp.Body.Close()
		var all strings.Builder
		once := sync.OnceFunc(func() { close(begun) })
		in := bufio.NewScanner(resp.Body)
		for in.Scan() {
			once()
			all.WriteString(in.Text() + "\n")
		}
		ended <- all.String()
	}()
	return func() { <-begun }, ended
}

// TestRevokedWhileStreaming takes the right away from who is watching: the stream
// ends and nothing more comes.
func TestRevokedWhileStreaming(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	admin := s.login()
	newToken := func(more string) (id, token string) {
		status, b := s.ask("POST", "/api/siem/tokens", map[string][]string{"Authorization": {"Bearer " + admin}}, `{"name":"watcher","scope":"read"`+more+`}`)
		var made struct{ ID, Token string }
		if status != 201 || json.Unmarshal([]byte(b), &made) != nil {
			t.Fatalf("%d %s", status, b)
		}
		return made.ID, made.Token
	}
	ends := func(what string, ended chan string, within time.Duration) {
		t.Helper()
		select {
		case said := <-ended:
			if !strings.Contains(said, "event: end") || !strings.Contains(said, "revoked") {
				t.Errorf("%s: the stream ended without saying why: %q", what, tail(said, 200))
			}
		case <-time.After(within):
			t.Errorf("%s: the stream goes on after %v", what, within)
		}
	}
	for _, path := range []string{"/api/siem/stream", "/api/siem/search/stream"} {
		id, token := newToken("")
		first, ended := s.stream(path, token)
		first()
		if status, b := s.ask("DELETE", "/api/siem/tokens/"+id, map[string][]string{"Authorization": {"Bearer " + admin}}, ""); status != 204 {
			t.Fatalf("revoke: %d %s", status, b)
		}
		ends("token revoked, "+path, ended, 5*time.Second)
		if status, _ := s.ask("GET", "/api/siem/logs", map[string][]string{"Authorization": {"Bearer " + token}}, ""); status != 401 {
			t.Errorf("a revoked token: status %d, want 401", status)
		}

		_, short := newToken(`,"expires_at":"` + time.Now().Add(2*time.Second).UTC().Format(time.RFC3339Nano) + `"`)
		first, ended = s.stream(path, short)
		first()
		defer ends("token over, "+path, ended, 25*time.Second)

		user := s.anotherLogin()
		first, ended = s.stream(path, user)
		first()
		if status, _ := s.ask("POST", "/api/auth/logout", map[string][]string{"Authorization": {"Bearer " + user}}, ""); status != 204 {
			t.Errorf("logout: status %d", status)
		}
		ends("logged out, "+path, ended, 5*time.Second)
		for name, headers := range map[string]map[string][]string{
			"bearer": {"Authorization": {"Bearer " + user}}, "cookie": {"Cookie": {"tocsin_session=" + user}},
		} {
			if status, _ := s.ask("GET", "/api/auth/me", headers, ""); status != 401 {
				t.Errorf("%s after the logout: status %d, want 401", name, status)
			}
		}
	}
	if status, _ := s.ask("GET", "/api/auth/me", map[string][]string{"Authorization": {"Bearer " + admin}}, ""); status != 200 {
		t.Error("the other session ended too")
	}
}

// anotherLogin is a session of its own.
func (s *server) anotherLogin() string {
	s.t.Helper()
	status, b := s.ask("POST", "/api/auth/login", nil, fmt.Sprintf(`{"username":"admin","password":%q}`, adminPassword))
	var answer struct{ Token string }
	if status != 200 || json.Unmarshal([]byte(b), &answer) != nil {
		s.t.Fatalf("login: %d %s", status, b)
	}
	return answer.Token
}

// clientFrom is an HTTP client with a loopback address of its own.
func clientFrom(t *testing.T, address string) *http.Client {
	t.Helper()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 8}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

// TestGuessingLocksNobodyOut guesses the administrator's password from elsewhere,
// as fast as it can, while the administrator logs in.
func TestGuessingLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	s.login()
	login := func(c *http.Client, password string) int {
		body := fmt.Appendf(nil, `{"username":"admin","password":%q}`, password)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, s.url+"/api/auth/login", bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := c.Do(req)
		if err != nil {
			t.Error(err)
			return 0
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	const tries = 1000
	var guessed atomic.Int64
	var workers sync.WaitGroup
	for w := range 4 {
		c := clientFrom(t, fmt.Sprintf("127.0.0.%d", 2+w))
		workers.Go(func() {
			for i := range tries / 4 {
				if status := login(c, fmt.Sprint("guess", i)); status != 401 && status != 429 {
					t.Errorf("a guess: status %d", status)
				}
				guessed.Add(1)
			}
		})
	}
	admin := clientFrom(t, "127.0.0.1")
	ins := 0
	for guessed.Load() < tries {
		if status := login(admin, adminPassword); status != 200 {
			t.Errorf("the administrator after %d guesses: status %d, want 200", guessed.Load(), status)
			break
		}
		ins++
		time.Sleep(100 * time.Millisecond)
	}
	workers.Wait()
	if elsewhere := login(clientFrom(t, "127.0.0.9"), adminPassword); elsewhere != 200 {
		t.Errorf("the administrator from a new address: status %d, want 200: four addresses have not guessed enough to close the account", elsewhere)
	}
	t.Logf("%d logins of the administrator during %d guesses", ins, tries)
}
