// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

type contextKey uint8

const (
	keyRequestID contextKey = iota
	keyCaller
)

// caller is who sent a request and how.
type caller struct {
	auth.Principal
	peer   auth.Peer
	bearer string     // what to authenticate again
	secure bool       // came over TLS
	query  url.Values // checked against the route's parameters
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// who returns the caller that the gate let through.
func who(ctx context.Context) caller {
	c, _ := ctx.Value(keyCaller).(caller)
	return c
}

// guard gives each request an id, keeps answers from being cached or guessed at,
// bounds the wait for a body, and turns a panic into a 500.
func (a *API) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		r = r.WithContext(context.WithValue(r.Context(), keyRequestID, id))
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if r.ContentLength != 0 {
			// The server waits for a body that nobody reads, also before it sends
			// a refusal. Who reads one sets a time of its own.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin))
		}
		defer func() {
			if cause := recover(); cause != nil {
				a.panicked(w, r, cause)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (a *API) panicked(w http.ResponseWriter, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		panic(cause)
	}
	a.opts.Logger.ErrorContext(r.Context(), "request panicked", "request_id", requestID(r.Context()), "path", cmp.Or(r.Pattern, r.URL.Path),
		"cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	p, _ := explain(fmt.Errorf("panic: %v", cause))
	writeProblem(w, r, p)
}

// secureHeaders sets what every answer that a browser may show carries. The policy lets the web app use
// nothing but its own files and its own server; inline styles are what its component
// library writes its theme with.
func secureHeaders(h http.Header) {
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "+
		"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
}

// peerOf tells where a request comes from: the address of the connection, and no
// header that anybody can write.
func peerOf(r *http.Request) auth.Peer {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		host = addr.Unmap().WithZone("").String()
	}
	return auth.Peer{IP: host, UserAgent: r.UserAgent()}
}
