// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// looks are those of logs that have no header of their own.
func looks(text string) string {
	for _, k := range [...]struct {
		name string
		look func(string) bool
	}{
		{"nginx_error", looksNginxError}, {"apache_error", looksApacheError}, {"haproxy", looksHAProxy}, {"postgresql", looksPostgres}, {"clf", looksCLF},
	} {
		if k.look(text) {
			return k.name
		}
	}
	return ""
}

// TestLooks has a look at each line of the goldens: those of syslog look like none of the
// formats here, and those of each format like their own.
func TestLooks(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, format := range []string{"syslog", "clf", "nginx_error", "apache_error", "haproxy", "postgresql"} {
		files, err := filepath.Glob("testdata/" + format + "/*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d goldens: %v", format, len(files), err)
		}
		for _, name := range files {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for raw := range bytes.Lines(archive.Files[0].Data) {
				line := strings.TrimSuffix(string(raw), "\n")
				look := looks(line)
				if format == "syslog" && look != "" {
					t.Errorf("%s: a line of syslog looks like %s: %s", name, look, line)
				}
				if look != "" && look != format && (format != "haproxy" || look != "clf") {
					t.Errorf("%s: looks like %s: %s", name, look, line)
				}
				if look == format {
					seen[format]++
				}
			}
		}
	}
	for _, format := range []string{"clf", "nginx_error", "apache_error", "haproxy", "postgresql"} {
		if seen[format] < 10 {
			t.Errorf("only %d lines look like %s", seen[format], format)
		}
	}
}
