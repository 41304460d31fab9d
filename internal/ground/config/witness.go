// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"os"
)

// Journal says how the journal is kept.
type Journal struct {
	// Witnesses co-sign its checkpoints.
	Witnesses []Witness `yaml:"witnesses"`
	// DualControl lets an erasure run only when somebody else than its requester has
	// approved it.
	DualControl bool `yaml:"dual_control"`
}

// Witness is one that is asked to co-sign.
type Witness struct {
	// URL is where it answers, without add-checkpoint.
	URL string `yaml:"url"`
	// Key is its cosignature key in note form; `tocsin witness key` prints it.
	Key string `yaml:"key"`
}

func (j *Journal) validate() error {
	seen := map[string]int{}
	for i, w := range j.Witnesses {
		at := fmt.Sprintf("journal.witnesses[%d]", i)
		if w.URL == "" {
			return fmt.Errorf("%s.url: missing", at)
		}
		if w.Key == "" {
			return fmt.Errorf("%s.key: missing", at)
		}
		if first, twice := seen[w.Key]; twice {
			return fmt.Errorf("%s.key: it is that of journal.witnesses[%d] too", at, first)
		}
		seen[w.Key] = i
	}
	return nil
}

// Witnessing is the configuration of `tocsin witness`, a file of its own.
type Witnessing struct {
	// Listen is the HTTP address, host:port.
	Listen string `yaml:"listen"`
	// Name is what the witness is called in its cosignatures, set at the first start.
	Name string `yaml:"name"`
	// Logs are the public keys of the logs that are watched, in note form.
	Logs []string `yaml:"logs"`
}

// DefaultWitnessing is the configuration of an empty file.
func DefaultWitnessing() Witnessing { return Witnessing{Listen: "127.0.0.1:8515"} }

// LoadWitnessing reads the file of a witness over the defaults; it has no overlays.
func LoadWitnessing(path string, lookup func(string) (string, bool)) (Witnessing, error) {
	c := DefaultWitnessing()
	b, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("read configuration: %w", err)
	}
	top, err := mapping(b)
	if top == nil || err != nil {
		return c, err
	}
	if err := decode(top, &c, lookup); err != nil {
		return c, err
	}
	if c.Listen == "" {
		return c, errors.New("listen: missing")
	}
	return c, nil
}
