#!/usr/bin/env bash
# Installs the Debian packages that tests use, and Python modules (zstandard, pygelf, graypy) in
# .tools/python, when that is possible; packages that would push others out
# (syslog-ng takes the place of rsyslog, and systemd's own must be of one version)
# are unpacked in .tools/debian. Quiet when all are there; what stays missing is
# named, and its tests skip with a line each.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

missing() {
  command -v rsyslogd > /dev/null || [ -x /usr/sbin/rsyslogd ] || echo rsyslog
  compgen -G '/usr/lib/*/rsyslog/lmnsd_ossl.so' > /dev/null || echo rsyslog-openssl
  command -v chromium > /dev/null || echo chromium
  command -v python3 > /dev/null || echo python3
  command -v strace > /dev/null || echo strace
  command -v gcc > /dev/null || echo gcc libc6-dev
}

mkdir -p .test
packages() {
  want=$(missing | tr '\n' ' ')
  [ -n "$want" ] || return
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "not installed: ${want}(their tests are skipped; without gcc there is no race detector)"
    return
  fi
  echo "installing ${want}"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # one word a package
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $want; } > .test/apt.log 2>&1 < /dev/null; then
    tail -n 5 .test/apt.log
    echo "could not install: $(missing | tr '\n' ' ')"
  fi
}

# beside unpacks packages in .tools/debian, with the libraries that are not installed.
beside() {
  want=
  command -v syslog-ng > /dev/null || [ -x .tools/debian/usr/sbin/syslog-ng ] || want="syslog-ng-core libivykis0 libnet1 libpcre3 libwrap0"
  [ -x /lib/systemd/systemd-journal-upload ] || [ -x .tools/debian/lib/systemd/systemd-journal-upload ] ||
    want="$want systemd-journal-remote libmicrohttpd12"
  [ -n "$want" ] || return
  command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || { echo "not there: $want"; return; }
  [ -s .test/apt.log ] || [ "$(id -u)" != 0 ] || apt-get update -qq > .test/apt.log 2>&1 < /dev/null
  mkdir -p .tools/debian/packages
  for package in $want; do
    # shellcheck disable=SC2015 # a package that cannot be unpacked is not there either
    (cd .tools/debian/packages && rm -f "${package}"_*.deb && apt-get download -qq "$package" > ../../../.test/unpack.log 2>&1 < /dev/null) &&
      dpkg-deb -x .tools/debian/packages/"${package}"_*.deb .tools/debian || echo "could not unpack: $package"
  done
}

# zstd tells whether Python can read what Zstandard packed, with the module's folder.
zstd() {
  PYTHONPATH="$PWD/.tools/python" python3 -c "import sys; sys.version_info >= (3, 14) or __import__('zstandard')" 2> /dev/null
}

module() {
  command -v python3 > /dev/null || return
  zstd && return
  rm -rf .tools/python
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --target .tools/python zstandard==0.25.0 > .test/pip.log 2>&1 < /dev/null
  zstd && return
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then # the Python of Debian has no pip
    apt-get install -y -qq --no-install-recommends python3-zstandard >> .test/pip.log 2>&1 < /dev/null
  fi
  zstd || { tail -n 3 .test/pip.log; echo "could not install: Python's module zstandard"; }
}

# senders are Python's libraries that send GELF.
senders() {
  command -v python3 > /dev/null || return
  there() { PYTHONPATH="$PWD/.tools/python" python3 -c "import pygelf, graypy" 2> /dev/null; }
  there && return
  python3 -m pip install --quiet --disable-pip-version-check --no-deps --target .tools/python pygelf==0.4.3 graypy==2.1.0 > .test/pip.log 2>&1 < /dev/null
  there || echo "could not install: Python's modules pygelf and graypy"
}

# The vendors' own clients of Splunk, Elasticsearch and OpenSearch, in test/clients.
clients() {
  command -v npm > /dev/null || return
  stamp=test/clients/node_modules/.stamp
  [ "$stamp" -nt test/clients/package-lock.json ] && return
  if npm --prefix test/clients ci --ignore-scripts --no-audit --no-fund --loglevel=error > .test/clients.log 2>&1 < /dev/null; then
    touch "$stamp"
    return
  fi
  rm -rf test/clients/node_modules
  tail -n 3 .test/clients.log
  echo "could not install: the clients in test/clients (their test is skipped)"
}

packages
beside
module
senders
clients
exit 0
