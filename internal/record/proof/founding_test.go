// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func someFounding() proof.Founding {
	return proof.Founding{
		Origin: "old.example/abc", Headers: 7, Root: proof.Hash{1, 2, 3}, Checkpoint: "old.example/abc\n7\n…\n\n— old.example/abc x\n", Ord: 99,
		Streams: map[string]uint64{"180d": 4, "366d": 50}, Carried: map[string][]proof.SeqRun{"366d": {{51, 60}, {62, 62}}},
		Backup: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC), Actor: "cli:root",
	}
}

func TestFoundingsComeBack(t *testing.T) {
	t.Parallel()
	bare := proof.Founding{
		Origin: "o/x", Streams: map[string]uint64{}, Carried: map[string][]proof.SeqRun{}, Backup: time.Unix(0, 0).UTC(),
	}
	for _, want := range []proof.Founding{someFounding(), bare} {
		var e event.Event
		want.Event(&e)
		got, ok, err := proof.ParseFounding(&e)
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			t.Errorf("%v, %v (-want +got):\n%s", ok, err, diff)
		}
	}
	if _, ok, err := proof.ParseFounding(&event.Event{Category: "journal_pruned"}); ok || err != nil {
		t.Errorf("another entry: %v, %v", ok, err)
	}
}

func TestMalformedFoundingsAreRefused(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"name":       {"", "a\nb"},
		"headers":    {"", "-1", "01"},
		"ord":        {"", "x"},
		"root":       {"", "AAAA"},
		"backup":     {"", "yesterday"},
		"streams":    {"180d", "180d:", "180d:1 ", "366d:1 180d:1", "180d:1 180d:2", "../x:1", "180d:-1", " "},
		"carried":    {"180d:", "180d:2-1", "180d:1,1", "366d:1 180d:1"},
		"checkpoint": {strings.Repeat("x", 60<<10)},
	} {
		for _, text := range texts {
			f, e := someFounding(), event.Event{}
			f.Event(&e)
			e.SetAttr("origin."+name, event.Text(text))
			if _, ok, err := proof.ParseFounding(&e); !ok || !errors.Is(err, proof.ErrFounding) {
				t.Errorf("%s %.40q: %v, %v", name, text, ok, err)
			}
		}
	}
}

func TestCutNoteKeepsTheLogsOwnSignature(t *testing.T) {
	t.Parallel()
	const short = "o/x\n1\nroot\n\n— o/x sig\n— w.example sig\n"
	if got := proof.CutNote(short); got != short {
		t.Errorf("a short note: %q", got)
	}
	long := "o/x\n1\nroot\n\n— o/x sig\n" + strings.Repeat("— w.example "+base64.StdEncoding.EncodeToString(make([]byte, 5000))+"\n", 16)
	if got := proof.CutNote(long); got != "o/x\n1\nroot\n\n— o/x sig\n" {
		t.Errorf("a long note: %d bytes, %.80q", len(got), got)
	}
}

func FuzzFounding(f *testing.F) {
	f.Add("o/x", "7", "180d:4 366d:50", "366d:51-60,62")
	f.Fuzz(func(t *testing.T, name, number, streams, carried string) {
		want, e := someFounding(), event.Event{}
		want.Event(&e)
		for attr, text := range map[string]string{"name": name, "headers": number, "streams": streams, "carried": carried} {
			e.SetAttr("origin."+attr, event.Text(text))
		}
		got, ok, err := proof.ParseFounding(&e)
		if !ok || err != nil {
			return
		}
		var again event.Event
		got.Event(&again)
		second, _, err := proof.ParseFounding(&again)
		if diff := cmp.Diff(got, second); err != nil || diff != "" {
			t.Errorf("it does not come back: %v\n%s", err, diff)
		}
	})
}
