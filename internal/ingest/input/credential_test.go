// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestCredentials(t *testing.T) {
	t.Parallel()
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	all := []credential{bearer, scheme("Splunk"), apiKey, basicPassword, header("DD-API-KEY"), pathValue("token")}
	for name, c := range map[string]struct {
		credentials []credential
		header      [2]string
		path, want  string
	}{
		"bearer":                      {nil, [2]string{"Authorization", "Bearer  t1 "}, "", "t1"},
		"bearer in another case":      {all, [2]string{"Authorization", "bearer t1"}, "", "t1"},
		"a scheme of its own":         {all, [2]string{"Authorization", "Splunk t1"}, "", "t1"},
		"a scheme not of this one":    {nil, [2]string{"Authorization", "Splunk t1"}, "", ""},
		"an API key":                  {all, [2]string{"Authorization", "ApiKey t1"}, "", "t1"},
		"an API key with its id":      {all, [2]string{"Authorization", "ApiKey " + b64("id:t1")}, "", "t1"},
		"an API key that looks coded": {all, [2]string{"Authorization", "ApiKey " + b64("t1")}, "", b64("t1")},
		"a password":                  {all, [2]string{"Authorization", "Basic " + b64("x:t1")}, "", "t1"},
		"a broken password":           {all, [2]string{"Authorization", "Basic t1"}, "", ""},
		"a header":                    {all, [2]string{"DD-API-KEY", "t1"}, "", "t1"},
		"the path":                    {all, [2]string{"X", "y"}, "t1", "t1"},
		"a header before the path":    {all, [2]string{"Dd-Api-Key", "t2"}, "t1", "t2"},
		"a scheme without a token":    {all, [2]string{"Authorization", "Bearer"}, "", ""},
		"nothing":                     {all, [2]string{"X", "y"}, "", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Header.Set(c.header[0], c.header[1])
		r.SetPathValue("token", c.path)
		if got := tokenOf(r, c.credentials); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
