#!/usr/bin/env bash
# Runs the fuzz targets of build/fuzz: `smoke [SECONDS]` or `TARGET SECONDS [LIBFUZZER_ARG…]`.
#
# A target fuzz_<layer>_<stem> starts from the seeds in <layer>/fuzz/corpus/<stem>/; what it finds
# anew stays in build/fuzz/corpus/. A target whose name ends in "canary" has a planted bug: it must
# be found, else the fuzzers do not look.
set -euo pipefail
cd "$(dirname "$0")/.."

binaries=build/fuzz/fuzz
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1

# fuzz_one NAME SECONDS [ARG…], where NAME is <layer>_<stem>.
fuzz_one() {
  local name=$1 seconds=$2
  shift 2
  local layer=${name%%_*} stem=${name#*_}
  local found=build/fuzz/corpus/$name seeds=$layer/fuzz/corpus/$stem
  mkdir -p "$found" "build/fuzz/artifacts/$name"
  local -a folders=("$found")
  [[ -d $seeds ]] && folders+=("$seeds")
  local -a dictionary=()
  [[ -f $layer/fuzz/$stem.dict ]] && dictionary=("-dict=$layer/fuzz/$stem.dict")
  "$binaries/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3072 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/artifacts/$name/" "${dictionary[@]}" "$@" \
    "${folders[@]}"
}

# smoke_one NAME SECONDS: its verdict in a line, and what it said last where it failed.
smoke_one() {
  local name=$1 seconds=$2 log=build/fuzz/$1.log
  if [[ $name == *canary ]]; then
    if fuzz_one "$name" 60 > "$log" 2>&1; then
      echo "fuzz $name: FAILED, the planted bug was not found"
      return 1
    fi
    echo "fuzz $name: found the planted bug"
    rm -rf "build/fuzz/artifacts/$name" "build/fuzz/corpus/$name"
  elif fuzz_one "$name" "$seconds" > "$log" 2>&1; then
    echo "fuzz $name: clean," \
      "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions in $seconds s"
  else
    echo "fuzz $name: FAILED, see $log and build/fuzz/artifacts/$name
$(tail -n 40 "$log")"
    return 1
  fi
}

# One target on each core; a failure does not stop the others.
smoke() {
  printf '%s\n' "$binaries"/fuzz_* | sed 's,.*/fuzz_,,' |
    xargs -P "${CAIRN_JOBS:-$(nproc)}" -I NAME tools/fuzz.sh smoke_one NAME "${1:-10}"
}

case ${1:-} in
  smoke) smoke "${@:2}" ;;
  smoke_one) smoke_one "${@:2}" ;;
  "")
    echo "fuzz: name a target and seconds, or smoke; there are:" >&2
    for binary in "$binaries"/fuzz_*; do echo "  ${binary##*/fuzz_}" >&2; done
    exit 2
    ;;
  *)
    [[ -x $binaries/fuzz_$1 ]] || {
      echo "fuzz: there is no target '$1'" >&2
      exit 2
    }
    fuzz_one "$1" "${2:?seconds}" "${@:3}"
    ;;
esac
