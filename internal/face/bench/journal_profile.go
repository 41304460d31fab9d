// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// integrityParts name what integrity costs by functions on the stack, the first
// that fits: each has all of its needles on it.
func integrityParts() []struct {
	name    string
	needles []string
} {
	const j, pr = module + "record/journal.", module + "record/proof."
	return []struct {
		name    string
		needles []string
	}{
		{"trees over leaves and headers", []string{pr + "(*RangeTree)"}},
		{"read back: leaves hashed again", []string{j + "readBack", pr + "(*LeafBatch).Sum"}},
		{"read back: leaves hashed again", []string{j + "readBack", "crypto/"}},
		{"trees over leaves and headers", []string{pr + "(*Levels)"}},
		{"CRC of the log", []string{"hash/crc32", j + "(*wal)"}},
		{"chain of batches", []string{j + "(*chainer)"}},
		{"hash of the leaves, for receipts", []string{j + "(*request).places", "crypto/"}},
		{"leaf, two slots, MAC", []string{j + "(*encoder).appendEntry", pr + "(*LeafBatch).AddBytes"}},
		{"leaf, two slots, MAC", []string{j + "(*encoder).seal"}},
		{"leaf, two slots, MAC", []string{j + "(*encoder).begin"}},
		{"checkpoints", []string{j + "(*Journal).sign", "crypto/"}},
	}
}

// integrity reads a CPU profile and adds up the samples of integrity, in µs an event.
func integrity(path string, events float64) ([]Stage, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("bench: profile: %w", err)
	}
	defer func() { _ = f.Close() }()
	p, err := profile.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("bench: profile: %w", err)
	}
	sum := map[string]time.Duration{}
	for _, s := range p.Sample {
		if name := integrityOf(s); name != "" {
			sum[name] += time.Duration(s.Value[len(s.Value)-1])
		}
	}
	var out []Stage
	for _, part := range integrityParts() {
		if !slices.ContainsFunc(out, func(s Stage) bool { return s.Name == part.name }) {
			out = append(out, Stage{part.name, sum[part.name].Seconds() * 1e6 / events})
		}
	}
	return out, nil
}

func integrityOf(s *profile.Sample) string {
	var names []string
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function != nil {
				names = append(names, line.Function.Name)
			}
		}
	}
	on := func(needle string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, needle) })
	}
	for _, part := range integrityParts() {
		if !slices.ContainsFunc(part.needles, func(n string) bool { return !on(n) }) {
			return part.name
		}
	}
	return ""
}
