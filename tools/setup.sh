#!/usr/bin/env bash
# Installs the Debian packages that are missing and fetches the official test suites.
set -euo pipefail
cd "$(dirname "$0")/.."

missing_packages() {
  local package
  while read -r package; do
    [[ -z $package || $package == \#* ]] && continue
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
      echo "$package"
  done < tools/packages.txt
}

install_packages() {
  local -a missing as_root=()
  mapfile -t missing < <(missing_packages)
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    command -v sudo > /dev/null || {
      echo "setup: run as root, or install sudo; missing: ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

command -v dpkg-query > /dev/null || {
  echo "setup: this is not a Debian system; install what docs/dependencies.md lists" >&2
  exit 1
}
install_packages
tools/fetch_testsuites.sh
