// SPDX-License-Identifier: Apache-2.0

package input

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

// File is the configuration of an input that follows log files.
type File struct {
	// Path are the files: one pattern or a list of them (path.Match), absolute. What
	// a pattern matches later is followed too.
	Path Patterns `yaml:"path"`
	// Exclude are patterns of names or paths that are left out. Packed files always are.
	Exclude Patterns `yaml:"exclude"`
	// Format is the format of the records.
	Format string `yaml:"format"`
	// Source is the source of records from which none can be told.
	Source string `yaml:"source"`
	// Timezone is where times without a zone belong: a name of the tz database.
	Timezone string `yaml:"timezone"`
	// Start says where reading begins in files that are there when the input runs for
	// the first time: beginning or end. Files that come later are read whole.
	Start string `yaml:"start"`
	// Multiline says how lines become records; without it each is one.
	Multiline Multiline `yaml:"multiline"`
	// LineTimeout is how long a line may stay without its end, and a record without
	// the next one, before it is taken as it is.
	LineTimeout time.Duration `yaml:"line_timeout"`
	// MaxFiles bounds the files that are followed, MaxOpen those that are open.
	MaxFiles int `yaml:"max_files"`
	MaxOpen  int `yaml:"max_open"`
}

// Patterns are one or more patterns of files.
type Patterns []string

// UnmarshalYAML reads one pattern or a list.
func (p *Patterns) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*p = Patterns{n.Value}
		return nil
	}
	return n.Decode((*[]string)(p))
}

func fileSpec() Spec {
	return Spec{
		Type:    "file",
		Summary: "log files: followed over rotation and restarts, each line recorded once",
		New: func() Config {
			return &File{Format: "auto", Start: "beginning", LineTimeout: 30 * time.Second, MaxFiles: 10_000, MaxOpen: 512}
		},
	}
}

// Validate checks the fields.
func (c *File) Validate() error {
	if len(c.Path) == 0 {
		return errors.New("path: missing")
	}
	for _, p := range c.Path {
		if _, err := filepath.Match(p, ""); err != nil {
			return fmt.Errorf("path: %q: %w", p, err)
		}
		if !filepath.IsAbs(p) {
			return fmt.Errorf("path: %q: must be absolute", p)
		}
	}
	for _, p := range c.Exclude {
		if _, err := filepath.Match(p, ""); err != nil {
			return fmt.Errorf("exclude: %q: %w", p, err)
		}
	}
	switch {
	case c.Format == "":
		return errors.New("format: missing")
	case c.Start != "beginning" && c.Start != "end":
		return fmt.Errorf("start: %.20q is none of beginning, end", c.Start)
	case c.LineTimeout < 100*time.Millisecond:
		return errors.New("line_timeout: must be at least 100ms")
	case c.MaxFiles < 1:
		return errors.New("max_files: must be at least 1")
	case c.MaxOpen < 1:
		return errors.New("max_open: must be at least 1")
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		return fmt.Errorf("timezone: %w", err)
	}
	return c.Multiline.validate()
}

// LimitFiles bounds the files that are open.
func (c *File) LimitFiles(n int) { c.MaxOpen = min(c.MaxOpen, n) }

// Open reads the places at which reading goes on.
func (c *File) Open(ctx context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	if env.State == "" {
		return nil, errors.New("input: State is required")
	}
	b, err := template(env, c.Format, c.Source, c.Timezone)
	if err != nil {
		return nil, err
	}
	b.Sender = "file:" + env.Name
	if b.Peer, err = os.Hostname(); err != nil {
		env.Logger.WarnContext(ctx, "the host has no name; lines without one get none", "error", err)
	}
	group, err := c.Multiline.compile()
	if err != nil {
		return nil, err
	}
	f := &fileInput{
		deliverer: deliverer{env: env}, config: *c, template: b, group: group,
		batch: b, files: map[fileKey]*tailed{}, order: list.New(), held: map[fileKey]time.Time{}, told: map[string]string{},
		buf: make([]byte, readBuffer), every: pollEvery, wait: leaveAfter,
	}
	if err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

var (
	_ Config      = (*File)(nil)
	_ FileLimiter = (*File)(nil)
)
