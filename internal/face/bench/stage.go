// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// stageCPU is the CPU time of one step.
type stageCPU struct {
	name string
	cpu  time.Duration
}

// module is the prefix of our own functions in a profile.
const module = "github.com/tocsin-siem/tocsin/internal/"

// whole names steps by a function anywhere on the stack: what these call belongs
// to them, whichever room it is in.
func whole() [][2]string {
	return [][2]string{
		{module + "record/journal.(*Journal).seal", "seal: write, read back, verify"},
		{module + "record/journal.(*sealer)", "seal: write, read back, verify"},
		{module + "watch/detect", "detect"},
		{module + "record/state", "detect"},
		{"runtime.gcBgMarkWorker", "garbage collection"},
		{"runtime.bgsweep", "garbage collection"},
		{"runtime.bgscavenge", "garbage collection"},
	}
}

// inner names steps by the innermost of our functions on the stack.
func inner() [][2]string {
	return [][2]string{
		{module + "ingest/normalize", "normalize (JSON parse included)"},
		{module + "ingest/redact", "redact"},
		{module + "ingest/enrich", "enrich"},
		{module + "ingest/input", "HTTP: read, split, answer"},
		{module + "ingest/pipeline.(*idTable)", "deduplicate"},
		{module + "ingest/pipeline.(*Pipeline).claim", "deduplicate"},
		{module + "ingest/pipeline.(*Pipeline).keyOf", "deduplicate"},
		{module + "ingest/pipeline.(*Pipeline).said", "deduplicate"},
		{module + "ingest/pipeline.appendContent", "deduplicate"},
		{module + "ingest/pipeline", "pipeline: stamp, cut, batch"},
		{module + "record/segment", "hot tail"},
		{module + "record/journal", "journal: encode, leaf, MAC, log"},
		{module + "core/event", ""}, // belongs to its caller
		{module + "watch/window", "pipeline: stamp, cut, batch"},
		{module + "face", "HTTP: read, split, answer"},
	}
}

// stages reads a CPU profile and adds its samples up by step. What has none of
// our functions on its stack is the server's and the kernel's.
func stages(path string) ([]stageCPU, error) {
	sum, err := cpuBy(path, stageOf)
	if err != nil {
		return nil, err
	}
	out := make([]stageCPU, 0, len(sum))
	for name, cpu := range sum {
		out = append(out, stageCPU{name, cpu})
	}
	slices.SortFunc(out, func(a, b stageCPU) int {
		return cmp.Or(cmp.Compare(b.cpu, a.cpu), cmp.Compare(a.name, b.name))
	})
	return out, nil
}

func stageOf(names functions) string {
	for _, w := range whole() {
		if names.has(w[0]) {
			return w[1]
		}
	}
	for _, n := range names {
		for _, i := range inner() {
			if strings.HasPrefix(n, i[0]) {
				if i[1] == "" {
					break
				}
				return i[1]
			}
		}
	}
	return "network, scheduler, kernel"
}
