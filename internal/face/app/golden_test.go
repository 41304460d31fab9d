// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// golden is what a golden folder must give, as expected.json has it.
type golden struct {
	// Token is an API token of the folder's, of scope manage. Keys are the first public
	// keys of the journal, Witness is that of its witness.
	Token   string       `json:"token"`
	Keys    []string     `json:"keys"`
	Witness string       `json:"witness"`
	Report  goldenReport `json:"report"`
	Seen    goldenSeen   `json:"seen"`
	// Restored is the report on the folder that was made of the backup then.
	Restored goldenReport `json:"restored"`
}

// goldenReport is what verify must say of the folder.
type goldenReport struct {
	Status, MACs                              string
	Total, Verified, Tampered, Erased, Pruned int64
	Headers                                   uint64
	Streams                                   []journal.StreamReport
	Archives                                  []goldenArchive `json:",omitempty"`
}

type goldenArchive struct {
	Origin, MACs                              string
	Total, Verified, Tampered, Erased, Pruned int64
	Headers                                   uint64
	Named                                     bool
}

func reported(r *journal.Report) goldenReport {
	var archives []goldenArchive
	for _, a := range r.Archives {
		archives = append(archives, goldenArchive{a.Origin, a.MACs, a.Total, a.Verified, a.Tampered, a.Erased, a.Pruned, a.Headers, a.Named})
	}
	return goldenReport{
		Status: string(r.Status), MACs: r.MACs, Total: r.Total, Verified: r.Verified, Tampered: r.Tampered,
		Erased: r.Erased, Pruned: r.Pruned, Headers: r.Headers, Streams: r.Streams, Archives: archives,
	}
}

// goldenSeen is what the API must show of it: counts of events by search, and ids.
type goldenSeen struct {
	Found                            map[string]int
	Alerts, Anomalies, Holds, Erased []string
}

// seen looks at what a server shows.
func (r *running) seen(token string) (s goldenSeen) {
	r.t.Helper()
	s.Found = map[string]int{}
	for _, q := range []string{
		"source=application", "source=access", "source=llm", "source=application&q=event", "source=authentication&q=failed",
		"source=application&user_id=user3", "source=access&q=kept", "source=llm&user_id=bob",
	} {
		var page struct{ Items []any }
		if status := r.call("GET", "/api/siem/logs?limit=1000&"+q, token, "", &page); status != 200 {
			r.t.Fatalf("%s: %d", q, status)
		}
		s.Found[q] = len(page.Items)
	}
	for path, into := range map[string]*[]string{"alerts": &s.Alerts, "anomalies": &s.Anomalies, "holds": &s.Holds, "erasures": &s.Erased} {
		var page struct {
			Items []struct{ ID, Status string }
		}
		if status := r.call("GET", "/api/siem/"+path, token, "", &page); status != 200 {
			r.t.Fatalf("%s: %d", path, status)
		}
		for _, item := range page.Items {
			*into = append(*into, strings.TrimSpace(item.ID+" "+item.Status))
		}
		sort.Strings(*into)
	}
	return s
}

// goldenEvents lists the events of a stopped folder, one a line, in the order of their
// ords: place, and SHA-256 of the canonical bytes, of all, and of all but the place.
func goldenEvents(t *testing.T, dir string) []byte {
	t.Helper()
	type line struct {
		Ord     uint64 `json:"ord"`
		Stream  string `json:"stream"`
		Seq     uint64 `json:"seq"`
		Whole   string `json:"whole"`
		Content string `json:"content"`
	}
	sum := func(e *event.Event) string {
		return fmt.Sprintf("%x", sha256.Sum256(e.AppendSlot(e.AppendSlot(e.AppendPublic(nil), 0), 1)))
	}
	var all []line
	for _, e := range allEvents(t, dir) {
		l := line{Ord: e.Place.Ord, Stream: e.Place.Stream, Seq: e.Place.Seq, Whole: sum(e)}
		e.Place = event.Place{Stream: e.Place.Stream, Ord: e.Place.Ord}
		l.Content = sum(e)
		all = append(all, l)
	}
	sort.Slice(all, func(i, k int) bool { return all[i].Ord < all[k].Ord })
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, l := range all {
		if err := enc.Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// contents drops from a list of events what a restore changes of those that were not
// sealed: seq and the hash with the place.
func contents(t *testing.T, list []byte) (all []string) {
	t.Helper()
	for text := range bytes.Lines(list) {
		var l struct {
			Ord             uint64
			Stream, Content string
		}
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(l.Ord, " ", l.Stream, " ", l.Content))
	}
	return all
}

// goldenFolder is one of the folders that some version has written.
type goldenFolder struct{ path string }

func (g goldenFolder) file(name string) string { return filepath.Join(g.path, name) }

func (g goldenFolder) read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(g.file(name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (g goldenFolder) expected(t *testing.T) (want golden) {
	t.Helper()
	if err := json.Unmarshal(g.read(t, "expected.json"), &want); err != nil {
		t.Fatal(err)
	}
	return want
}

// eachGolden runs a test over every golden folder, of this version and of all before.
func eachGolden(t *testing.T, test func(t *testing.T, g goldenFolder)) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join("testdata", "golden", "v*"))
	if err != nil || len(dirs) < journal.FormatVersion {
		t.Fatalf("%d golden folders for %d versions of the format, %v: they are never removed", len(dirs), journal.FormatVersion, err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			test(t, goldenFolder{dir})
		})
	}
}
