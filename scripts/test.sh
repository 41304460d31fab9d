#!/usr/bin/env bash
# Runs every test there is and ends with one line: N passed, N failed, N skipped.
# STRICT=1 fails on a skip that test/skips.allowed does not name.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
rm -rf .test && mkdir -p .test
bash scripts/test-deps.sh
export TOCSIN_BIN="$PWD/bin/tocsin"
CGO_ENABLED=0 go build -buildvcs=false -o .test/testreport ./scripts/testreport || exit 1
failed=0

race=(-race)
export CGO_ENABLED=1
if ! command -v gcc > /dev/null; then
  echo "no gcc: the Go tests run without the race detector"
  race=()
  CGO_ENABLED=0
fi
echo "== go test ${race[*]-} -shuffle=on ./..."
go test -json "${race[@]}" -shuffle=on -timeout 20m ./... 2>&1 | .test/testreport go -o .test/go.jsonl || failed=1

vitest() { # NPM-SCRIPT RESULT-FILE
  echo "== npm run $1"
  npm --prefix web run --silent "$1" -- --reporter=default --reporter=json --outputFile.json="$PWD/$2" < /dev/null || failed=1
}
vitest test .test/web.json
vitest e2e .test/e2e.json

strict=()
[ "${STRICT:-}" = 1 ] && strict=(-strict)
echo "== all tests"
.test/testreport sum -allowed test/skips.allowed "${strict[@]}" .test/go.jsonl .test/web.json .test/e2e.json || failed=1
exit "$failed"
