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

// functions are the names on the stack of a sample, the innermost first.
type functions []string

// has tells whether a function whose name begins so is on the stack.
func (f functions) has(begin string) bool {
	return slices.ContainsFunc(f, func(n string) bool { return strings.HasPrefix(n, begin) })
}

// cpuBy reads a CPU profile and adds its samples up by the name that each is given;
// those without one are left out.
func cpuBy(path string, name func(functions) string) (map[string]time.Duration, error) {
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
		if n := name(functionsOf(s)); n != "" {
			sum[n] += time.Duration(s.Value[len(s.Value)-1])
		}
	}
	return sum, nil
}

func functionsOf(s *profile.Sample) (names functions) {
	for _, l := range s.Location {
		for _, line := range l.Line {
			if line.Function != nil {
				names = append(names, line.Function.Name)
			}
		}
	}
	return names
}
