// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVendorClients runs the vendors' own clients against the inputs that speak their
// protocols: they take the answers for what they know, and every event arrives once.
func TestVendorClients(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node")
	}
	clients, err := filepath.Abs("../clients")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(clients, "node_modules")); err != nil {
		t.Skip("needs test/clients/node_modules (bash scripts/test-deps.sh)")
	}
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	for _, c := range []struct {
		name, index string
		events      int
	}{
		{"splunk", "main", 22},
		{"elastic", "logs-elastic-default", 50},
		{"opensearch", "logs-opensearch-default", 50},
	} {
		cmd := exec.CommandContext(t.Context(), node, c.name+".mjs", s.url, token)
		cmd.Dir = clients
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, out)
			continue
		}
		n := 0
		for _, e := range all[event](s, "/api/siem/logs") {
			if e.Attrs["index"] == c.index {
				n++
			}
		}
		if n != c.events {
			t.Errorf("%s: %d events, want %d", c.name, n, c.events)
		}
	}
	if log := s.out.errs.String(); strings.Contains(log, token) {
		t.Errorf("the log has the token:\n%s", log)
	}
}
