// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// stack makes a sample of the functions named, the innermost first.
func stack(names ...string) *profile.Sample {
	s := &profile.Sample{}
	for _, n := range names {
		s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: n}}}})
	}
	return s
}

func TestStageOf(t *testing.T) {
	t.Parallel()
	f := func(want string, names ...string) {
		t.Helper()
		if got := stageOf(functionsOf(stack(names...))); got != want {
			t.Errorf("%q: got %q, want %q", names, got, want)
		}
	}
	f("normalize (JSON parse included)", "runtime.memmove", module+"ingest/normalize.(*reader).read", module+"ingest/pipeline.(*Pipeline).Ingest")
	f("redact", module+"ingest/redact.(*Redactor).Text", module+"ingest/pipeline.(*run).finish")
	f("enrich", module+"ingest/enrich.add", module+"ingest/pipeline.(*run).finish")
	f("deduplicate", module+"ingest/pipeline.appendContent", module+"ingest/pipeline.(*run).hashOrigins")
	f("journal: encode, leaf, MAC, log", module+"core/event.(*Event).AppendSlot", module+"record/journal.(*hasher).leaf")
	f("hot tail", module+"record/segment.(*Block).Append", module+"record/journal.(*Journal).publish")
	f("seal: write, read back, verify", module+"record/segment.Write", module+"record/journal.(*Journal).sealRange")
	f("detect", "modernc.org/sqlite/lib.step", module+"record/state.(*Watch).Commit", module+"watch/detect.(*loop).commit")
	f("garbage collection", "runtime.scanobject", "runtime.gcBgMarkWorker")
	f("network, scheduler, kernel", "internal/poll.(*FD).Read", "net/http.(*conn).serve")
}

// The names in stage.go must be those of functions that exist: a renamed room
// would silently move its cost into the rest.
func TestStageNamesAreOfRealRooms(t *testing.T) {
	t.Parallel()
	for _, pair := range append(whole(), inner()...) {
		room, ours := strings.CutPrefix(pair[0], module)
		if !ours {
			continue
		}
		room, _, _ = strings.Cut(room, ".")
		if _, err := os.Stat(filepath.Join("../..", room)); err != nil {
			t.Errorf("%s names no room", pair[0])
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	values := []float64{5, 1, 4, 2, 3}
	for p, want := range map[int]float64{0: 1, 50: 3, 99: 5, 100: 5} {
		if got := percentile(values, p); got != want {
			t.Errorf("p%d: got %v, want %v", p, got, want)
		}
	}
	if percentile(nil, 50) != 0 {
		t.Error("a percentile of nothing")
	}
}

func TestBodiesHoldEveryEventOnce(t *testing.T) {
	t.Parallel()
	bodies, size := makeBodies(Options{Events: 1050, Batch: 100})
	ids, total := map[string]bool{}, 0
	for _, b := range bodies {
		total += len(b.ndjson)
		for line := range bytes.Lines(b.ndjson) {
			var e struct{ ID string }
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatal(err)
			}
			ids[e.ID] = true
		}
	}
	if len(bodies) != 11 || len(ids) != 1050 || total != size {
		t.Errorf("%d bodies, %d ids, %d of %d bytes", len(bodies), len(ids), total, size)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := Options{Binary: "x", Events: minEvents, Batch: 1, Clients: 1}
	if err := good.validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"binary": func(o *Options) { o.Binary = "" }, "events": func(o *Options) { o.Events = 0 },
		"batch": func(o *Options) { o.Batch = 20_000 }, "clients": func(o *Options) { o.Clients = 0 },
	} {
		o := good
		change(&o)
		if o.validate() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	r := Report{Events: 10, MicrosEvent: 20, PerSecond2: 100_000, Stages: []Stage{{"redact", 5}}}
	var b strings.Builder
	if err := r.Print(&b, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"20.00 µs/event", "100000 events/s on two cores", "redact", "25 %"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
