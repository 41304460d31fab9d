// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// maxRuleFile bounds one rule file.
const maxRuleFile = 4 << 20

type rulesCommand struct {
	Lint rulesLintCommand `cmd:"" help:"Read rule files and say what is wrong with them."`
}

type rulesLintCommand struct {
	Paths []string `arg:"" name:"path" help:"Rule files, or folders of them."`
}

// Run reads everything, names every error with file and line, and fails when
// there was one.
func (c *rulesLintCommand) Run(env *Env) error {
	var all []*rule.Rule
	files, bad := 0, 0
	for _, root := range c.Paths {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !isRuleFile(path) && path != root {
				return err
			}
			files++
			found, err := readRules(path)
			if err != nil {
				bad++
				_, err = fmt.Fprintln(env.Stderr, err)
				return err
			}
			all = append(all, found...)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := rule.Link(all); err != nil {
		bad++
		if _, err := fmt.Fprintln(env.Stderr, err); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d errors in %d files", bad, files)
	}
	_, err := fmt.Fprintf(env.Stdout, "%d rules in %d files: ok\n", len(all), files)
	return err
}

func isRuleFile(path string) bool {
	return strings.HasSuffix(path, ".yml") || strings.HasSuffix(path, ".yaml")
}

func readRules(path string) ([]*rule.Rule, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRuleFile {
		return nil, fmt.Errorf("%s: %d bytes, at most %d are read", path, info.Size(), maxRuleFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return rule.Parse(path, b)
}
