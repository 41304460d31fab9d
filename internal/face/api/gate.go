// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

const (
	cookieName = "tocsin_session"
	maxBody    = 64 << 10
	maxQuery   = 16 << 10
	bodyWithin = 10 * time.Second
)

// gate stands before every route: it finds the caller, checks the permission that
// the table names, then the form of the request, and only then lets it in.
type gate struct {
	api    *API
	mux    *http.ServeMux
	routes map[string]route
	inputs map[string]Input // by pattern; they look after themselves
	others http.Handler     // what is no route
	cross  *http.CrossOriginProtection
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler, pattern := g.mux.Handler(r)
	if in, ok := g.inputs[pattern]; ok {
		if in.takes(r) {
			g.mux.ServeHTTP(w, r) // which alone fills in pattern and path's values
			return
		}
		handler, pattern = g.others, "/"
	}
	secureHeaders(w.Header())
	if pattern == "/" {
		handler.ServeHTTP(w, r)
		return
	}
	target, ok := g.routes[pattern]
	if !ok { // a handler without a line in the table is not served
		g.api.fail(w, r, problem(http.StatusNotFound, "not_found", "there is no such route"))
		return
	}
	c, err := g.admit(r, target)
	if err == nil {
		c.query = r.URL.Query()
		err = g.form(w, r, target, c.query)
	}
	if err != nil {
		g.api.fail(w, r, err)
		return
	}
	g.mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), keyCaller, c)))
}

func (in *Input) takes(r *http.Request) bool { return in.Only == nil || in.Only(r) }

// admit tells who calls, or why they may not.
func (g *gate) admit(r *http.Request, target route) (caller, error) {
	c := caller{peer: peerOf(r), secure: r.TLS != nil}
	if target.needs == needsNothing {
		return c, g.sameOrigin(r)
	}
	bearer, fromCookie := credentials(r)
	if bearer == "" {
		return c, auth.ErrUnauthenticated
	}
	if fromCookie {
		if err := g.sameOrigin(r); err != nil {
			return c, err
		}
	}
	p, err := g.api.opts.Auth.Authenticate(r.Context(), bearer)
	if err != nil {
		return c, err
	}
	c.Principal, c.bearer = p, bearer
	if wait, ok := g.api.limiter.allow(p.ID); !ok {
		slow := problem(http.StatusTooManyRequests, "too_many_requests", "too many requests")
		slow.retry = wait
		return c, slow
	}
	if target.needs != needsSession && !p.May(auth.Permission(target.needs)) {
		g.api.denied(r.Context(), c, target)
		return c, problem(http.StatusForbidden, "forbidden", "this needs the permission %s", target.needs)
	}
	return c, nil
}

// sameOrigin refuses what another site makes a browser send.
func (g *gate) sameOrigin(r *http.Request) error {
	if err := g.cross.Check(r); err != nil {
		return problem(http.StatusForbidden, "cross_origin", "requests from other sites are not accepted")
	}
	return nil
}

// credentials finds the bearer token; a header counts before the cookie.
func credentials(r *http.Request) (bearer string, fromCookie bool) {
	if h := r.Header.Get("Authorization"); h != "" {
		scheme, token, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", false
		}
		return strings.TrimSpace(token), false
	}
	if c, err := r.Cookie(cookieName); err == nil {
		return c.Value, true
	}
	return "", false
}

// form checks parameters and body against the table.
func (g *gate) form(w http.ResponseWriter, r *http.Request, target route, params url.Values) error {
	if len(r.URL.RawQuery) > maxQuery {
		return problem(http.StatusBadRequest, "query_too_long", "the query may have %d bytes", maxQuery)
	}
	for name, values := range params {
		switch {
		case !slices.Contains(target.params, name):
			p := invalid(printable(name), "is not a parameter of this route")
			p.code = "unknown_parameter"
			return p
		case len(values) > 1:
			return invalid(name, "is given %d times", len(values))
		}
	}
	if target.body == nil {
		return nil
	}
	// A body has to come at once. The deadline must be gone before the handler runs:
	// a read that times out would cancel its context.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyWithin))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return bodyError(err)
	}
	_ = control.SetReadDeadline(time.Time{})
	if len(body) > 0 {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
			return problem(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be application/json")
		}
		if err := decodes(body, target.body()); err != nil {
			return err
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

func bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return problem(http.StatusRequestTimeout, "body_too_slow", "the body did not come within %s", bodyWithin)
	}
	return problem(http.StatusBadRequest, "invalid_body", "the body could not be read")
}

// decodes tells whether a body is one JSON value of the form that v has, and which
// member is wrong if not.
func decodes(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return invalid(kind.Field, "is a %s, which it cannot be", kind.Value)
	case err != nil:
		if name, found := strings.CutPrefix(err.Error(), `json: unknown field "`); found {
			return invalid(printable(strings.TrimSuffix(name, `"`)), "is not a member of this body")
		}
		return problem(http.StatusBadRequest, "invalid_body", "the body is not the JSON that this route takes")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return problem(http.StatusBadRequest, "invalid_body", "there is more after the JSON value")
	}
	return nil
}

// printable bounds a name from outside and takes out what is not a plain character,
// so that it can be shown again.
func printable(name string) string {
	clean := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '<' || c == '>' || c == '"' {
			return '?'
		}
		return c
	}, name)
	return clean[:min(len(clean), 64)]
}

// rest serves the web app, and 404 and 405 for what is nothing else.
func (g *gate) rest(app http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodPost, http.MethodPut} {
			probe := r.WithContext(r.Context())
			probe.Method = method
			_, pattern := g.mux.Handler(probe)
			if in, ok := g.inputs[pattern]; pattern != "/" && pattern != "" && (!ok || in.takes(probe)) {
				allowed = append(allowed, method)
			}
		}
		switch {
		case len(allowed) > 0:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			g.api.fail(w, r, problem(http.StatusMethodNotAllowed, "method_not_allowed", "this route takes %s", strings.Join(allowed, ", ")))
		case (r.Method == http.MethodGet || r.Method == http.MethodHead) && !reserved(r.URL.Path):
			app.ServeHTTP(w, r)
		default:
			g.api.fail(w, r, problem(http.StatusNotFound, "not_found", "there is no such route"))
		}
	})
}

// reserved tells which paths are never pages of the web app.
func reserved(path string) bool {
	for _, p := range []string{"/api", "/services", "/v1", "/metrics", "/healthz", "/readyz"} {
		if path == p || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}
