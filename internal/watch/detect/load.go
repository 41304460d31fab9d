// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/rule"
)

// maxRuleFiles bounds the rule files of one folder.
const maxRuleFiles = 20_000

// Load reads every rule file (.yml, .yaml) below the root of a file system, in the
// order of their paths, and links them. The first error names file and line.
// Folders called testdata hold tests and are left out.
func Load(fsys fs.FS) ([]*rule.Rule, error) {
	var rules []*rule.Rule
	files := 0
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".yml") && !strings.HasSuffix(name, ".yaml"):
			return nil
		}
		if files++; files > maxRuleFiles {
			return fmt.Errorf("more than %d rule files", maxRuleFiles)
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		parsed, err := rule.Parse(name, data)
		if err != nil {
			return err
		}
		rules = append(rules, parsed...)
		return nil
	})
	if err == nil {
		err = rule.Link(rules)
	}
	if err != nil {
		return nil, fmt.Errorf("load rules: %w", err)
	}
	return rules, nil
}
