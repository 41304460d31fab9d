// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// checkLock judges web/package-lock.json: `npm ci` refuses a lock file in which a
// package's optional dependency for another platform has no entry, and npm itself
// writes such files when its registry does not carry that package.
func checkLock(text string) []string {
	var lock struct {
		Packages map[string]struct {
			OptionalDependencies map[string]string
		}
	}
	if err := json.Unmarshal([]byte(text), &lock); err != nil {
		return []string{fmt.Sprintf("package-lock.json: %v", err)}
	}
	var problems []string
	for at, pkg := range lock.Packages {
		for name := range pkg.OptionalDependencies {
			found := false
			for dir := at; ; {
				home := strings.TrimPrefix(dir+"/node_modules/"+name, "/")
				if _, found = lock.Packages[home]; found || dir == "" {
					break
				}
				dir = dir[:max(0, strings.LastIndex(dir, "/node_modules/"))]
			}
			if !found {
				problems = append(problems, fmt.Sprintf("package-lock.json: no entry for %s of %s: run node scripts/lock.mjs web/package-lock.json", name, at))
			}
		}
	}
	return problems
}

func TestLockFileIsComplete(t *testing.T) {
	t.Parallel()
	report(t, checkLock(readFile(t, "web/package-lock.json")))
}

func TestLockRuleJudges(t *testing.T) {
	t.Parallel()
	const a = `"node_modules/a": {"optionalDependencies": {"b": "1.0.0"}}`
	report(t, checkLock(`{"packages": {`+a+`, "node_modules/b": {}}}`))
	report(t, checkLock(`{"packages": {`+a+`, "node_modules/a/node_modules/b": {}}}`))
	report(t, checkLock(`{"packages": {"node_modules/c/`+a[1:]+`, "node_modules/c/node_modules/b": {}}}`))
	mustName(t, checkLock(`{"packages": {`+a+`}}`), "no entry for b", "node_modules/a")
	mustName(t, checkLock(`{"packages": {`+a+`, "node_modules/c/node_modules/b": {}}}`), "no entry for b")
	mustName(t, checkLock(`{`), "package-lock.json")
}
