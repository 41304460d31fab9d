#!/usr/bin/env bash
# Writes the generated files anew and fails when that changed one of them, or when
# one is not in git.
set -euo pipefail
cd "$(dirname "$0")/.." || exit 1
state() { find . -path ./web/node_modules -prune -o -path ./.git -prune -o -type f \( -name '*.gen.go' -o -name '*.gen.ts' -o -name '*.gen.d.ts' -o -path './docs/reference/*' \) -print0 | sort -z | xargs -0 -r sha256sum; }
before=$(state)
make --no-print-directory generate > /dev/null
if ! changed=$(diff <(echo "$before") <(state)); then
  echo "$changed"
  echo 'generated files were not fresh: commit what make generate writes'
  exit 1
fi
unknown=$(git ls-files --others --exclude-standard -- '*.gen.go' '*.gen.ts' '*.gen.d.ts' docs/reference)
if [ -n "$unknown" ]; then
  echo "generated, but not in git: $unknown"
  exit 1
fi
