#!/usr/bin/env python3
"""Runs clang-tidy over all project sources of a build directory and remembers what was clean.

A source is looked at again when it, a project header it includes, its command line or .clang-tidy
has changed; --all forgets what is remembered.
"""

import argparse
import concurrent.futures
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-22"
FOLDERS = ("base", "crypto", "database", "wasm", "engine", "component", "wasi", "actor", "chain",
           "platform", "apps", "tests")


def sources(build):
    """(file, object, command) of every project source, fuzz targets and generated files left out."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in FOLDERS:
            yield path, re.search(r" -o (\S+)", entry["command"])[1], entry["command"]


def project_headers(build):
    """For each object the project files that ninja saw it made from."""
    listing = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                             check=True).stdout
    found = {}
    for line in listing.splitlines():
        if not line.startswith(" "):
            current = found.setdefault(line.partition(":")[0], set())
        elif line.strip():
            path = Path(build / line.strip()).resolve()
            if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
                current.add(path)
    return found


class Fingerprints:
    """Content hashes, each file read once."""

    def __init__(self, build):
        self.headers = project_headers(build)
        self.files = {}
        self.config = self.file(ROOT / ".clang-tidy")

    def file(self, path):
        if path not in self.files:
            self.files[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.files[path]

    def of(self, source, object_name, command):
        digest = hashlib.sha256((self.config + command).encode())
        for path in sorted(self.headers.get(object_name, set()) | {source}):
            digest.update(self.file(path).encode())
        return digest.hexdigest()


def check(build, source):
    """clang-tidy's findings in one source, or nothing."""
    done = subprocess.run([CLANG_TIDY, "-p", build, "--quiet", source], capture_output=True,
                          text=True, check=False)
    return None if done.returncode == 0 else done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="look at every source again")
    parser.add_argument("only", nargs="*", help="look only at sources whose path has this in it")
    options = parser.parse_intermixed_args()
    build = options.build.resolve()

    memory = build / "tidy.json"
    clean = {}
    if memory.exists() and not options.all:
        clean = json.loads(memory.read_text())
    prints = Fingerprints(build)
    todo = {}
    for source, object_name, command in sources(build):
        name = str(source.relative_to(ROOT))
        if options.only and not any(part in name for part in options.only):
            continue
        fingerprint = prints.of(source, object_name, command)
        if clean.get(name) != fingerprint:
            todo[source] = (name, fingerprint)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(check, build, source): source for source in todo}
        for run in concurrent.futures.as_completed(runs):
            name, fingerprint = todo[runs[run]]
            if run.result() is None:
                clean[name] = fingerprint
            else:
                failed += 1
                print(f"{name}:\n{run.result()}")
    memory.write_text(json.dumps(clean, indent=1))
    print(f"tidy: {len(todo)} sources looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
