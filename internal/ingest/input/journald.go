// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Journald is the configuration of an input that follows the journal of systemd on
// this machine, by its program journalctl.
type Journald struct {
	// Format is the format of the entries, as JSON.
	Format string `yaml:"format"`
	// Source is the source of entries from which none can be told.
	Source string `yaml:"source"`
	// Directory has the journal files, "" for those of the system.
	Directory string `yaml:"directory"`
	// Match are fields and values that entries must have, as journalctl takes them.
	Match []string `yaml:"match"`
	// Start says where the first run begins: beginning or end.
	Start string `yaml:"start"`
	// Journalctl is the program.
	Journalctl string `yaml:"journalctl"`
}

func journaldSpec() Spec {
	return Spec{
		Type:    "journald",
		Summary: "the journal of systemd on this machine, followed with journalctl, each entry recorded once",
		New: func() Config {
			return &Journald{Format: "json", Start: "beginning", Journalctl: "journalctl"}
		},
	}
}

// Validate checks the fields.
func (c *Journald) Validate() error {
	switch {
	case c.Format == "":
		return errors.New("format: missing")
	case c.Start != "beginning" && c.Start != "end":
		return fmt.Errorf("start: %.20q is none of beginning, end", c.Start)
	case c.Journalctl == "":
		return errors.New("journalctl: missing")
	case c.Directory != "" && !filepath.IsAbs(c.Directory):
		return fmt.Errorf("directory: %q: must be absolute", c.Directory)
	}
	field := regexp.MustCompile(`^(\+|[A-Z0-9_]+=.*)$`)
	for _, m := range c.Match {
		if !field.MatchString(m) {
			return fmt.Errorf("match: %.80q is not FIELD=value, or + for or", m)
		}
	}
	return nil
}

// Open reads the place at which reading goes on.
func (c *Journald) Open(_ context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	if env.State == "" {
		return nil, errors.New("input: State is required")
	}
	b, err := template(env, c.Format, c.Source, "")
	if err != nil {
		return nil, err
	}
	b.Sender = "journald:" + env.Name
	in := &journald{deliverer: deliverer{env: env}, config: *c, template: b, least: time.Second, most: time.Minute}
	if in.cursor, in.fresh, err = readCursor(env.State); err != nil {
		return nil, fmt.Errorf("place in the journal: %s: %w; without this file everything is read from the start", env.State, err)
	}
	return in, nil
}

// arguments are those of journalctl for what comes after a cursor.
func (c *Journald) arguments(cursor string, fresh bool) []string {
	args := []string{"--output=json", "--all", "--follow", "--quiet", "--no-pager"}
	switch {
	case cursor != "":
		args = append(args, "--no-tail", "--after-cursor="+cursor)
	case fresh && c.Start == "end":
		args = append(args, "--lines=0")
	default:
		args = append(args, "--no-tail")
	}
	if c.Directory != "" {
		args = append(args, "--directory="+c.Directory)
	}
	return append(args, c.Match...)
}

// cursorOf finds the cursor of an entry, "" when it has none.
func cursorOf(entry []byte) (cursor string) {
	errFound := errors.New("found")
	_ = pipeline.EachMember(entry, func(key string, at int) (int, error) {
		next := pipeline.SkipValue(entry, at)
		if key != "__CURSOR" {
			return next, nil
		}
		if next-at > 2 && next-at <= maxCursor && entry[at] == '"' {
			cursor = string(entry[at+1 : next-1])
		}
		return 0, errFound
	})
	if !readable(cursor) {
		return ""
	}
	return cursor
}

// maxCursor bounds a cursor; those of systemd have some 130 bytes.
const maxCursor = 1 << 10

var _ Config = (*Journald)(nil)
