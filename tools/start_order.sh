#!/usr/bin/env bash
# Writes apps/start-order.txt: the functions that `build/release/cairn` calls between its start and
# the end of a small program, for the linker to put together. Needs valgrind. To be run now and then,
# when `./dev bench start` shows that the start takes more memory than it did.
set -euo pipefail
cd "$(dirname "$0")/.."

trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
valgrind --quiet --tool=callgrind --demangle=no --callgrind-out-file="$trace" \
  build/release/cairn run build/release/examples/hello.wasm
# "fn=(12) name'2 ": numbered where it is named first; the part behind ' counts recursions.
sed -nE "s/^c?fn=\\([0-9]+\\) ([A-Za-z_][^' ]*).*/\\1/p" "$trace" | LC_ALL=C sort -u > apps/start-order.txt
wc -l apps/start-order.txt
