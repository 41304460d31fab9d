#!/usr/bin/env bash
# The server with the demo behind the web app's development server, which reloads
# on each change. Ctrl-C stops both.
set -euo pipefail
cd "$(dirname "$0")/.." || exit 1
rm -rf .demo && mkdir -p .demo
go build -buildvcs=false -o .demo/tocsin ./cmd/tocsin
.demo/tocsin serve --demo --data .demo/data &
server=$!
trap 'kill "$server" 2> /dev/null; wait "$server" 2> /dev/null || true' EXIT
npm --prefix web run --silent dev
