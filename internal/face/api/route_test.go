// SPDX-License-Identifier: Apache-2.0

package api

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	spec "github.com/tocsin-siem/tocsin/api"
)

type specParameter struct {
	Ref  string `yaml:"$ref"`
	Name string `yaml:"name"`
	In   string `yaml:"in"`
}

type specOperation struct {
	Tags       []string        `yaml:"tags"`
	ID         string          `yaml:"operationId"`
	Permission string          `yaml:"x-permission"`
	Security   *[]any          `yaml:"security"`
	Parameters []specParameter `yaml:"parameters"`
	Body       any             `yaml:"requestBody"`
	Responses  map[string]any  `yaml:"responses"`
}

type specFile struct {
	Paths      map[string]map[string]specOperation `yaml:"paths"`
	Components struct {
		Parameters map[string]specParameter `yaml:"parameters"`
	} `yaml:"components"`
}

func readSpec(t *testing.T) specFile {
	t.Helper()
	var f specFile
	if err := yaml.Unmarshal([]byte(spec.Spec()), &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// queryParams lists the names of an operation's query parameters.
func (f *specFile) queryParams(op *specOperation) []string {
	var names []string
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = f.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	return names
}

// The table of routes says what openapi.yaml says: each operation is in it with its
// permission, its parameters and whether it has a body, and nothing else is.
func TestRoutesAreThoseOfTheDescription(t *testing.T) {
	t.Parallel()
	f := readSpec(t)
	type row struct {
		Needs  string
		Params []string
		Body   bool
	}
	want, got := map[string]row{}, map[string]row{}
	for path, operations := range f.Paths {
		for method, op := range operations {
			if !slices.Contains(op.Tags, "ingest") {
				want[strings.ToUpper(method)+" "+path] = row{op.Permission, f.queryParams(&op), op.Body != nil}
			}
		}
	}
	for _, r := range routes() {
		params := slices.Clone(r.params)
		slices.Sort(params)
		got[r.pattern] = row{r.needs, params, r.body != nil}
	}
	if len(got) != len(routes()) {
		t.Error("the table has a route twice")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-openapi.yaml +table):\n%s", diff)
	}
}

// What the description promises of access must fit together.
func TestDescriptionIsConsistent(t *testing.T) {
	t.Parallel()
	f := readSpec(t)
	seen := map[string]bool{}
	for _, path := range slices.Sorted(maps.Keys(f.Paths)) {
		for method, op := range f.Paths[path] {
			name := method + " " + path
			open := op.Security != nil && len(*op.Security) == 0
			if open != (op.Permission == needsNothing) {
				t.Errorf("%s: security and x-permission differ", name)
			}
			if !slices.Contains([]string{needsNothing, needsSession, needsView, needsManage, "ingest"}, op.Permission) {
				t.Errorf("%s: x-permission %q", name, op.Permission)
			}
			if !open && op.Responses["401"] == nil {
				t.Errorf("%s: no 401", name)
			}
			if op.Permission != needsSession && !open && op.Responses["403"] == nil {
				t.Errorf("%s: no 403", name)
			}
			if op.Body != nil && op.Responses["415"] == nil && !slices.Contains([]string{"post /api/siem/logs/verify"}, name) {
				t.Errorf("%s: a body, but no 415", name)
			}
			if op.ID == "" || seen[op.ID] {
				t.Errorf("%s: operationId %q is missing or taken", name, op.ID)
			}
			seen[op.ID] = true
		}
	}
}

func FuzzDecodes(f *testing.F) {
	f.Add([]byte(`{"name":"n","scope":"read"}`))
	f.Add([]byte(`{"name":1}`))
	f.Add([]byte(`{"x":[[[[[`))
	f.Add([]byte(`{} {}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		err := decodes(body, new(TokenRequest))
		if err == nil {
			return
		}
		if p, ok := explain(err); !ok || p.status != 400 || strings.ContainsAny(p.field, "<>\"\n") {
			t.Errorf("decodes(%q) = %v", body, err)
		}
	})
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"limit": "limit", "<script>": "?script?", "a\r\nb": "a??b", "x\u202ey": "x?y", strings.Repeat("a", 99): strings.Repeat("a", 64),
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
}
