// SPDX-License-Identifier: Apache-2.0

package bench

import "slices"

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
	sum, err := cpuBy(path, integrityOf)
	if err != nil {
		return nil, err
	}
	var out []Stage
	for _, part := range integrityParts() {
		if !slices.ContainsFunc(out, func(s Stage) bool { return s.Name == part.name }) {
			out = append(out, Stage{part.name, sum[part.name].Seconds() * 1e6 / events})
		}
	}
	return out, nil
}

func integrityOf(names functions) string {
	for _, part := range integrityParts() {
		if !slices.ContainsFunc(part.needles, func(n string) bool { return !names.has(n) }) {
			return part.name
		}
	}
	return ""
}
