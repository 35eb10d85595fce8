#!/usr/bin/env bash
# Fetches the official test suites at pinned revisions into build/testsuites, unless they are there
# already or lie beside the project (../shared/testsuites). Without a network this is not an error:
# the tests that need the suites then say that they were skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

target=build/testsuites
source_url=https://github.com/WebAssembly
core=193e551ff22663995b1ac95dc62344133669e14b       # testsuite, 2026-06-17
wasi=9f80ca35444cfd9e63100725615140a346652e6c       # wasi-testsuite, branch prod/testsuite-base
component=6d281648bd89caf885a7adcc412962dbd2425ab7  # component-model, 2026-08-21

[[ -d ${CAIRN_TESTSUITES:-../shared/testsuites}/wasm-core ]] && exit 0
[[ "$(cat "$target/revisions" 2> /dev/null)" == "$core $wasi $component" ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_TERMINAL_PROMPT=0  # a missing repository is an error here, not a question

# fetch NAME REVISION: the tree of one revision in $work/NAME, without the history.
fetch() {
  git init -q "$work/$1" &&
    timeout 300 git -C "$work/$1" fetch -q --depth 1 "$source_url/$1" "$2" &&
    git -C "$work/$1" checkout -q FETCH_HEAD &&
    rm -rf "$work/$1/.git"
}

if ! { fetch testsuite "$core" && fetch wasi-testsuite "$wasi" &&
  fetch component-model "$component"; }; then
  echo "setup: the official test suites could not be fetched; their tests will be skipped" >&2
  exit 0
fi

mkdir -p "$work/suites/wasi"
mv "$work/testsuite" "$work/suites/wasm-core"
mv "$work/component-model/test" "$work/suites/component-model"
mv "$work/wasi-testsuite/doc/specification.md" "$work/suites/wasi/SPECIFICATION.md"
for language in rust c assemblyscript; do
  mv "$work/wasi-testsuite/tests/$language/testsuite" "$work/suites/wasi/$language"
done
echo "$core $wasi $component" > "$work/suites/revisions"
mkdir -p build
rm -rf "$target"
mv "$work/suites" "$target"
echo "setup: fetched the official test suites into $target"
