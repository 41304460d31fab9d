// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// credential finds the token of a request in one place, "" when none is there.
type credential func(r *http.Request) string

// tokenOf returns the first token that one of the credentials finds; nil credentials
// are bearer alone.
func tokenOf(r *http.Request, credentials []credential) string {
	if credentials == nil {
		return bearer(r)
	}
	for _, find := range credentials {
		if token := find(r); token != "" {
			return token
		}
	}
	return ""
}

// bearer finds `Authorization: Bearer T` (RFC 6750).
func bearer(r *http.Request) string { return scheme("Bearer")(r) }

// scheme finds `Authorization: NAME T`.
func scheme(name string) credential {
	return func(r *http.Request) string {
		have, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(have, name) {
			return ""
		}
		return strings.TrimSpace(token)
	}
}

// basicPassword finds the password of `Authorization: Basic base64(x:T)`; the name
// may be anything.
func basicPassword(r *http.Request) string {
	_, password, _ := r.BasicAuth()
	return password
}

// apiKey finds `Authorization: ApiKey T`, where T may also be base64(id:T), the form
// of Elasticsearch's keys.
func apiKey(r *http.Request) string {
	token := scheme("ApiKey")(r)
	if plain, err := base64.StdEncoding.DecodeString(token); err == nil {
		if _, key, ok := strings.Cut(string(plain), ":"); ok {
			return key
		}
	}
	return token
}

// header finds the token as the whole value of a header.
func header(name string) credential {
	return func(r *http.Request) string { return r.Header.Get(name) }
}

// pathValue finds the token in the path, under that name of the pattern.
func pathValue(name string) credential {
	return func(r *http.Request) string { return r.PathValue(name) }
}
