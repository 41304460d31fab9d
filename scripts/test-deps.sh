#!/usr/bin/env bash
# Installs the Debian packages that tests use, when that is possible. Quiet when
# all are there; what stays missing is named, and its tests skip with a line each.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

missing() {
  command -v rsyslogd > /dev/null || [ -x /usr/sbin/rsyslogd ] || echo rsyslog
  command -v chromium > /dev/null || echo chromium
  command -v python3 > /dev/null || echo python3
  command -v strace > /dev/null || echo strace
  command -v gcc > /dev/null || echo gcc libc6-dev
}

mkdir -p .test
want=$(missing | tr '\n' ' ')
[ -n "$want" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo "not installed: ${want}(their tests are skipped; without gcc there is no race detector)"
  exit 0
fi
echo "installing ${want}"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # one word a package
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $want; } > .test/apt.log 2>&1 < /dev/null; then
  tail -n 5 .test/apt.log
  echo "could not install: $(missing | tr '\n' ' ')"
fi
exit 0
