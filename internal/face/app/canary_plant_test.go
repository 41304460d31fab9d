// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// canary is a secret of ours: in a text, what must be left of it, and the parts that
// must be nowhere.
type canary struct {
	text, want string
	secrets    []string
	// words tells that it is known by what stands around it, so that a format which
	// takes words apart at a sign leaves a secret that nobody can tell.
	words bool
}

// canaries are secrets of the kinds that reliability S4 names, and more. They are put
// together here, so that no scanner takes this file for a leak.
func canaries() []canary {
	const body = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9nO2qR5tU8"
	return []canary{
		{"4111111111111111", "[redacted:card]", []string{"4111111111111111"}, false},
		{"5555-5555-5555-4444", "[redacted:card]", []string{"5555-5555-5555-4444"}, false},
		{"eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJwbGFudGVkIn0." + "cGxhbnRlZDAxMjM0NTY3ODk", "[redacted:jwt]", []string{"eyJzdWIiOiJwbGFudGVkIn0", "cGxhbnRlZDAxMjM0NTY3ODk"}, false},
		{"AK" + "IAIOSFODNN7PLANTED", "[redacted:cloud_key]", []string{"IOSFODNN7PLANTED"}, false},
		{"sk" + "-proj-" + body, "[redacted:model_key]", []string{body}, false},
		{"gh" + "p_" + body[1:37], "[redacted:token]", []string{body[1:37]}, false},
		{"RO49AAAA1B31007593840000", "[redacted:iban]", []string{"1B31007593840000"}, false},
		{"2990228410019", "[redacted:cnp]", []string{"2990228410019"}, false},
		{"536-22-8726", "[redacted:ssn]", []string{"536-22-8726"}, false},
		{"postgres://app:hunter2planted@db.example.com/shop", "postgres://app:[redacted:password]@db.example.com/shop", []string{"hunter2planted"}, true},
		{"-----BEGIN PRIVATE" + ` KEY-----\nMIIEplanted0\n-----END PRIVATE` + " KEY-----", "[redacted:private_key]", []string{"MIIEplanted0"}, true},
		{"password=hunter2planted", "password=[redacted:password]", []string{"hunter2planted"}, true},
		{"Bearer planted0123456789abc", "Bearer [redacted:authorization]", []string{"planted0123456789abc"}, true},
	}
}

// gone fails for each secret that stands in b. A word that a format has made of the
// whole text between its marks is passed over: it is an id, as order_4111….
func gone(t *testing.T, where string, b []byte) {
	t.Helper()
	for _, c := range canaries() {
		word := []byte(strings.ReplaceAll(beforeCanary+c.text+afterCanary, " ", "_"))
		for _, s := range c.secrets {
			for at := 0; ; {
				i := bytes.Index(b[at:], []byte(s))
				if i < 0 {
					break
				}
				at += i
				near := b[max(0, at-len(word)):min(len(b), at+len(word))]
				if !bytes.Contains(near, word) && !bytes.Contains(near, bytes.ToLower(word)) {
					t.Errorf("%s: a planted secret is in it: …%q…", where, b[max(0, at-200):min(len(b), at+len(s)+100)])
					return
				}
				at += len(s)
			}
		}
	}
}

// The marks around a planted text, by which it is found again.
const (
	beforeCanary = "qbefore "
	afterCanary  = " qafter"
)

// carriers are real records of a format: the inputs of its goldens.
func carriers(t *testing.T, format string) (records []string) {
	t.Helper()
	names := []string{format}
	if format == "auto" {
		names = []string{"json", "syslog"}
	}
	for _, name := range names {
		files, err := filepath.Glob("../../ingest/normalize/testdata/" + name + "/*.txtar")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			action := ""
			for line := range strings.Lines(string(archive.Files[0].Data)) {
				if line = strings.TrimRight(line, "\r\n"); line == "" || len(line) > 8<<10 {
					continue
				}
				if name == "bulk" && action == "" { // an action and its document are one record
					action = line + "\n"
					continue
				}
				records = append(records, action+line)
				action = ""
			}
		}
	}
	if len(records) == 0 {
		t.Errorf("the format %s has no goldens, so nothing can be planted in it", format)
	}
	return records
}

// plant puts a canary into a record in place of the value at each of its places: each
// string of an object, each word of a line. Between its marks it stands in strings, in
// words in quotes and at the end of a line; elsewhere, and in names, it stands alone.
func plant(record string, c canary) (planted []string) {
	text := beforeCanary + c.text + afterCanary
	if normalize.Detect([]byte(record)) == "json" {
		quoted, _ := json.Marshal(text)
		name, _ := json.Marshal(c.text)
		for i := 0; i < len(record); i++ {
			if record[i] != '"' {
				continue
			}
			end := i + 1
			for end < len(record) && record[end] != '"' {
				if record[end] == '\\' {
					end++
				}
				end++
			}
			switch isName := end+1 < len(record) && strings.HasPrefix(strings.TrimLeft(record[end+1:], " "), ":"); {
			case end >= len(record), isName && c.words:
			case isName:
				planted = append(planted, record[:i]+string(name)+record[end+1:])
			default:
				planted = append(planted, record[:i]+string(quoted)+record[end+1:])
			}
			i = end
		}
		return planted
	}
	const between = " \t=\"'|,;[](){}<>"
	inside := false
	for i := 0; i < len(record); {
		if strings.IndexByte(between, record[i]) >= 0 {
			inside = inside != (record[i] == '"')
			i++
			continue
		}
		end := i
		for end < len(record) && strings.IndexByte(between, record[end]) < 0 {
			end++
		}
		switch {
		case inside && record[0] != '<':
			planted = append(planted, record[:i]+text+record[end:])
		case !c.words:
			planted = append(planted, record[:i]+c.text+record[end:])
		}
		i = end
	}
	return append(planted, record+" "+text)
}
