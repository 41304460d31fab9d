#!/usr/bin/env bash
# Runs each fuzz target for FUZZTIME (default 10s); a crash leaves its input in the
# package's testdata/fuzz and fails the run.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
failed=0
ran=0
while IFS=: read -r file target; do
  echo "== $target in $(dirname "$file")"
  out=$(mktemp)
  if ! go test -run '^$' -fuzz "^${target}\$" -fuzztime "${FUZZTIME:-10s}" "./$(dirname "$file")" < /dev/null 2>&1 | tee "$out"; then
    # on a busy machine `go test` may call the end of its own time a failure; one with an input is always ours
    if grep -q 'Failing input' "$out" || ! grep -qx ' *context deadline exceeded' "$out"; then failed=$((failed + 1)); fi
  fi
  rm -f "$out"
  ran=$((ran + 1))
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]*' /dev/null | sed 's/:func /:/')
echo "$((ran - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$ran" -gt 0 ]
