// SPDX-License-Identifier: Apache-2.0

package input

import (
	"net/http"
	"strings"
)

// elasticVersion is the version that clients are told: of the newest major one that
// still takes what older clients send.
const elasticVersion = "8.19.0"

// probes are the routes by which clients of Elasticsearch and OpenSearch make sure of
// what they talk to, and set up what they need there. Templates, policies, pipelines and
// data streams are there for whoever asks, and taken and not kept from whoever brings
// some: Tocsin needs none. All of them need a token that may write.
func (in *bulkInput) probes() []Route {
	get := func(pattern string, answer func(name string) any) Route {
		return Route{Method: http.MethodGet, Pattern: pattern, Handler: in.probe(answer)}
	}
	routes := []Route{
		get("/{$}", aboutCluster),
		get("/{index}", func(name string) any { return object{name: object{"aliases": object{}}} }),
		get("/_license", license), get("/_xpack", license),
		get("/_cluster/health", clusterHealth), get("/_cluster/health/{name}", clusterHealth),
		get("/_nodes", noNodes), get("/_nodes/{name...}", noNodes),
		get("/_index_template/{name}", func(name string) any {
			return object{"index_templates": []object{{"name": name, "index_template": object{"index_patterns": []string{name}, "composed_of": []string{}}}}}
		}),
		get("/_template/{name}", func(name string) any { return object{name: object{"index_patterns": []string{name}}} }),
		get("/_component_template/{name}", func(name string) any {
			return object{"component_templates": []object{{"name": name, "component_template": object{"template": object{}}}}}
		}),
		get("/_ilm/policy/{name}", func(name string) any { return object{name: object{"policy": object{"phases": object{}}}} }),
		get("/_ingest/pipeline/{name}", func(name string) any { return object{name: object{"processors": []string{}}} }),
		get("/_data_stream/{name}", func(name string) any {
			return object{"data_streams": []object{{"name": name, "timestamp_field": object{"name": "@timestamp"}, "indices": []string{}, "status": "GREEN"}}}
		}),
	}
	routes[0].Only = isClient
	routes[1].Only = func(r *http.Request) bool { return r.Method == http.MethodHead && isClient(r) }
	for _, pattern := range []string{"/{index}", "/{index}/{name}", "/_ilm/policy/{name}", "/_ingest/pipeline/{name}"} {
		routes = append(routes, Route{Method: http.MethodPut, Pattern: pattern, Handler: http.HandlerFunc(in.take), Only: isSetup})
	}
	return routes
}

type object map[string]any

// isClient tells requests of a client from those of a browser, which have the web app at
// the same paths.
func isClient(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" && !strings.Contains(r.Header.Get("Accept"), "text/html")
}

// isSetup tells the paths under which something is set up.
func isSetup(r *http.Request) bool {
	first, rest, two := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch first {
	case "_index_template", "_component_template", "_template", "_data_stream", "_ilm", "_ingest":
		return rest != ""
	default:
		return !two && isClient(r) && !strings.HasPrefix(first, "_")
	}
}

// probe answers a question with what answer says about the name in the path.
func (in *bulkInput) probe(answer func(name string) any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := in.knock(w, r); !ok {
			return
		}
		name := r.PathValue("name")
		if name == "" {
			name = r.PathValue("index")
		}
		in.send(w, r, http.StatusOK, answer(name))
	})
}

// take answers somebody who sets something up.
func (in *bulkInput) take(w http.ResponseWriter, r *http.Request) {
	_, body, ok := in.enter(w, r)
	if !ok {
		return
	}
	body.Release()
	in.send(w, r, http.StatusOK, object{"acknowledged": true, "shards_acknowledged": true, "index": r.PathValue("index")})
}

func aboutCluster(string) any {
	return object{
		"name": "tocsin", "cluster_name": "tocsin", "cluster_uuid": "_na_", "tagline": "You Know, for Search",
		"version": object{
			"number": elasticVersion, "build_flavor": "default", "build_type": "tar", "build_snapshot": false, "lucene_version": "9.12.2",
			"minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
		},
	}
}

func license(string) any {
	l := object{"uid": "tocsin", "type": "basic", "mode": "basic", "status": "active"}
	return object{"license": l, "features": object{}}
}

func clusterHealth(string) any {
	return object{
		"cluster_name": "tocsin", "status": "green", "timed_out": false, "number_of_nodes": 1, "number_of_data_nodes": 1,
		"active_primary_shards": 1, "active_shards": 1, "unassigned_shards": 0,
	}
}

// noNodes: whoever looks for other nodes finds none, and stays with this one.
func noNodes(string) any {
	return object{"_nodes": object{"total": 0, "successful": 0, "failed": 0}, "cluster_name": "tocsin", "nodes": object{}}
}
