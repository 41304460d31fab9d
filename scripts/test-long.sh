#!/usr/bin/env bash
# Runs the Go tests with their long loops and adds a line to docs/evidence.md.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
mkdir -p .test
if ! { command -v linux.uml && [ -x /usr/sbin/mkfs.ext4 ]; } > /dev/null; then # for the power loss test, which skips without
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing user-mode-linux e2fsprogs"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends user-mode-linux e2fsprogs; } \
      > .test/apt.log 2>&1 < /dev/null || tail -n 5 .test/apt.log
  else
    echo "not installed: user-mode-linux e2fsprogs (the power loss test is skipped)"
  fi
fi
export TOCSIN_BIN="$PWD/bin/tocsin" TOCSIN_LONG=1 TOCSIN_KILLS="${TOCSIN_KILLS:-200}"
CGO_ENABLED=0 go build -buildvcs=false -o .test/testreport ./scripts/testreport || exit 1
commit=$(git describe --always --dirty)
begin=$SECONDS
status=0
go test -json -count=1 -timeout 3h ./... 2>&1 | .test/testreport go -o .test/long.jsonl || status=1
sum=$(.test/testreport sum .test/long.jsonl | tail -n 1) || status=1

evidence=docs/evidence.md
if [ ! -f "$evidence" ]; then
  cat > "$evidence" << 'TXT'
# Evidence

Each line is one run of `make test-long`: every Go test with its long loops
(`TOCSIN_LONG=1`, 200 kills) against the built binary. The command writes the line itself.

| date (UTC) | commit | processors | minutes | result |
|---|---|---|---|---|
TXT
fi
printf '| %s | %s | %s | %s | %s |\n' "$(date -u '+%Y-%m-%d %H:%M')" "$commit" "$(nproc)" "$(((SECONDS - begin) / 60))" "$sum" >> "$evidence"
echo "$sum"
exit "$status"
