// SPDX-License-Identifier: Apache-2.0

package input

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// serveOnly is serve for inputs that take only some requests of a route; for the others
// there is a page.
func serveOnly(t testing.TB, name string, env Env) string {
	t.Helper()
	mux := http.NewServeMux()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("page")) })
	mux.Handle("/", page)
	for _, r := range open[Config](t, name, env, nil).Routes() {
		mux.HandleFunc(r.Method+" "+r.Pattern, func(w http.ResponseWriter, q *http.Request) {
			if r.Only != nil && !r.Only(q) {
				page(w, q)
				return
			}
			r.Handler.ServeHTTP(w, q)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// What clients ask before they send.
func TestBulkProbes(t *testing.T) {
	t.Parallel()
	url := serveOnly(t, "bulk", newSink(t).env("bulk"))
	for _, c := range []struct {
		method, path, accept, token string
		status                      int
		answer                      string
	}{
		{"GET", "/", "", "good", 200, `"number":"8.`},
		{"GET", "/", "text/html,application/xhtml+xml", "good", 200, "page"},
		{"GET", "/", "", "", 200, "page"},
		{"HEAD", "/", "", "good", 200, ""},
		{"GET", "/", "", "bad", 401, "security_exception"},
		{"GET", "/", "", "reader", 403, "security_exception"},
		{"GET", "/_license", "", "good", 200, `"status":"active"`},
		{"GET", "/_license?human=false", "", "", 401, "security_exception"},
		{"GET", "/_xpack", "", "good", 200, `"type":"basic"`},
		{"GET", "/_cluster/health", "", "good", 200, `"status":"green"`},
		{"GET", "/_cluster/health/logs?wait_for_status=yellow", "", "good", 200, `"timed_out":false`},
		{"GET", "/_nodes/http", "", "good", 200, `"nodes":{}`},
		{"GET", "/_nodes/_all/http", "", "good", 200, `"nodes":{}`},
		{"HEAD", "/_index_template/logstash", "", "good", 200, ""},
		{"GET", "/_index_template/filebeat-8.19.0", "", "good", 200, `"name":"filebeat-8.19.0"`},
		{"PUT", "/_index_template/filebeat-8.19.0", "", "good", 200, `"acknowledged":true`},
		{"PUT", "/_template/a", "", "good", 200, `"acknowledged":true`},
		{"GET", "/_template/a", "", "good", 200, `{"a":{`},
		{"PUT", "/_component_template/a", "", "good", 200, `"acknowledged":true`},
		{"GET", "/_component_template/a", "", "good", 200, `"component_templates":[`},
		{"GET", "/_ilm/policy/filebeat", "", "good", 200, `{"filebeat":{"policy"`},
		{"PUT", "/_ilm/policy/filebeat", "", "good", 200, `"acknowledged":true`},
		{"GET", "/_ingest/pipeline/p", "", "good", 200, `{"p":{"processors"`},
		{"PUT", "/_ingest/pipeline/p", "", "bad", 401, `security_exception`},
		{"GET", "/_data_stream/logs-x-default", "", "good", 200, `"name":"logs-x-default"`},
		{"PUT", "/_data_stream/logs-x-default", "", "good", 200, `"acknowledged":true`},
		{"HEAD", "/logs", "", "good", 200, ""},
		{"PUT", "/logs-000001", "", "good", 200, `"index":"logs-000001"`},
		{"PUT", "/alerts", "", "", 200, "page"},
		{"GET", "/alerts", "", "good", 200, "page"},
		{"PUT", "/a/b", "", "good", 200, "page"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if c.accept != "" {
			req.Header.Set("Accept", c.accept)
		}
		if c.token != "" {
			req.Header.Set("Authorization", "ApiKey "+c.token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var body strings.Builder
		_ = res.Write(&body)
		_ = res.Body.Close()
		if res.StatusCode != c.status || !strings.Contains(body.String(), c.answer) ||
			c.answer != "page" && res.Header.Get("X-Elastic-Product") != "Elasticsearch" {
			t.Errorf("%s %s: %s, want %d %s", c.method, c.path, body.String(), c.status, c.answer)
		}
	}
}

// Newer clients ask for a media type of their own and want it back.
func TestBulkMediaType(t *testing.T) {
	t.Parallel()
	url := serveOnly(t, "bulk", newSink(t).env("bulk"))
	for accept, want := range map[string]string{
		"application/json": "application/json",
		"application/vnd.elasticsearch+json; compatible-with=8,text/plain": "application/vnd.elasticsearch+json;compatible-with=8",
		"application/vnd.elasticsearch+json; compatible-with=9,text/plain": "application/vnd.elasticsearch+json;compatible-with=9",
		"application/vnd.elasticsearch+json; compatible-with=77":           "application/json",
	} {
		got := post(t, url+"/_bulk", []byte("{\"create\":{}}\n{}\n"), "Accept: "+accept)
		if media := got.header.Get("Content-Type"); media != want {
			t.Errorf("%s: %s", accept, media)
		}
	}
}
