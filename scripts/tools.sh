#!/usr/bin/env bash
# Builds the tools pinned in tools/go.mod into .tools/bin, once for each tools/go.sum.
set -euo pipefail
cd "$(dirname "$0")/.." || exit 1
key=$(cat tools/go.mod tools/go.sum <(go version) | sha256sum | cut -c1-16)
if [ "$(cat .tools/key 2>/dev/null)" = "$key" ]; then exit 0; fi
echo "building the tools of tools/go.mod (a few minutes, once)"
mkdir -p .tools/bin
GOBIN="$PWD/.tools/bin" CGO_ENABLED=0 go -C tools install tool
echo "$key" > .tools/key
