#!/usr/bin/env python3
"""The rules of the house that no compiler checks; docs/ARCHITECTURE.md and CONTRIBUTING.md name them.

Exceptions are listed in tools/lint-exceptions.txt, one `RULE PATH [NUMBER]` a line; a path that ends in
a slash means all files below it. That list may only shrink: an entry that is no longer needed is an
error as well.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZE_MAX = 500
CODE = {".cpp", ".hpp", ".c", ".h"}
TEXT = CODE | {".def", ".cmake", ".txt", ".md", ".py", ".sh", ".wat", ".wast", ".json", ""}

# What only apps/ and the real implementations may use: the world is handed in. Plain names such as
# open or time may be functions of ours, so those are found by the headers that declare them.
WORLD = re.compile(
    r"std::chrono::(?:system|steady|high_resolution)_clock|std::random_device|std::locale\b"
    r"|\bstd::(?:if|of|f)stream\b|\bstd::filesystem\b|\bstd::this_thread::sleep"
    r"|(?<![\w.>:])(?:::|std::)?(?:clock_gettime|gettimeofday|nanosleep|clock_nanosleep|getrandom"
    r"|s?rand|getenv|setlocale|fopen|openat2?|popen|fork(?=\s*\(\s*\))|execve?)\s*\("
    r"|(?<![\w>])::(?:open|socket|connect|bind|accept|time|random|system|read|write)\s*\(")
WORLD_HEADERS = {"fcntl.h", "sys/socket.h", "sys/random.h", "sys/time.h", "time.h", "ctime", "fstream",
                 "filesystem", "random", "locale", "iostream", "regex"}
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
LAYER = re.compile(r"cairn_library\(\s*(\w+)\s+LAYER\s+(\d+)([^)]*)\)", re.S)


class Lint:
    def __init__(self, root=ROOT):
        self.root = root
        self.problems = []
        self.used = set()
        self.exceptions = {}
        for number, line in enumerate(
                (root / "tools/lint-exceptions.txt").read_text().splitlines(), 1):
            words = line.split("#")[0].split()
            if words:
                self.exceptions[words[0], words[1]] = (number, int(words[2]) if words[2:] else 0)
        self.layers = read_layers(root)

    def report(self, path, line, message):
        self.problems.append(f"{path}:{line}: {message}")

    def excepted(self, rule, path):
        """The number of the exception, or nothing; remembers that it was needed."""
        folders = [f"{folder}/" for folder in Path(path).parents]
        for key in [(rule, place) for place in [path, *folders]]:
            if key in self.exceptions:
                self.used.add(key)
                return self.exceptions[key][1]
        return None

    def file(self, path):
        text = (self.root / path).read_text(encoding="utf-8", errors="replace")
        suffix = Path(path).suffix
        self.text(path, text)
        if suffix in CODE:
            self.size(path, text)
            self.includes(path, text)
            self.world(path, text)
        if (suffix == ".hpp" and not text.startswith("#pragma once\n")
                and self.excepted("guard", path) is None):
            self.report(path, 1, "a header starts with #pragma once")

    def text(self, path, text):
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip() and not path.endswith(".md"):
                self.report(path, number, "white space at the end of the line")
            if "\t" in line and not path.startswith(".git"):
                self.report(path, number, "a tab")
            if UNFINISHED.search(line) and path != "tools/lint.py":
                self.report(path, number, "unfinished work does not go in")

    def size(self, path, text):
        lines = text.count("\n")
        if lines <= SIZE_MAX:
            return
        allowed = self.excepted("size", path)
        if allowed is None:
            self.report(path, lines, f"more than {SIZE_MAX} lines: split it by noun")
        elif lines > allowed:
            self.report(path, lines, f"grew above the {allowed} lines it is excepted for")

    def includes(self, path, text):
        folder = Path(path).parts[0]
        public = "include" in Path(path).parts
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            quoted, name = match[1] == '"', match[2]
            if ".." in Path(name).parts:
                self.report(path, line, "an include does not climb: name it from its root")
            if quoted and public:
                self.report(path, line, "a public header includes only public headers, with <>")
            parts = Path(name).parts
            if folder in self.layers and parts[0] == "cairn" and len(parts) > 2:
                below = self.layers[folder]["reach"]
                if is_for_tests(path):
                    below = self.layers[folder]["test_reach"]
                if parts[1] != folder and parts[1] not in below:
                    self.report(path, line, f"{folder} may not include {parts[1]}: layers point "
                                "down, along declared dependencies")

    def world(self, path, text):
        parts = Path(path).parts
        if parts[0] not in self.layers or is_for_tests(path):
            return
        blanked = COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        found = list(WORLD.finditer(blanked))
        found += [m for m in INCLUDE.finditer(text) if m[2] in WORLD_HEADERS]
        if not found or self.excepted("world", path) is not None:
            return
        for match in found:
            line = text.count("\n", 0, match.start()) + 1
            self.report(path, line, f"'{match[0].strip()}': below apps/ clocks, randomness, files "
                        "and sockets are handed in (cairn/base)")

    def stale_exceptions(self):
        for key, (number, _) in self.exceptions.items():
            if key not in self.used:
                self.report("tools/lint-exceptions.txt", number,
                            f"'{' '.join(key)}' is no longer needed: remove it")


def is_for_tests(path):
    """Tests, what only they include (testing.hpp, x_testing.hpp), fuzz targets and benchmarks."""
    return (path.endswith((".test.cpp", "_testing.hpp", "/testing.hpp"))
            or bool({"fuzz", "bench"} & set(Path(path).parts)))


def read_layers(root):
    """Folder -> which layers it may include, from the cairn_library calls."""
    direct = {}
    for listing in root.glob("*/CMakeLists.txt"):
        for name, rank, rest in LAYER.findall(listing.read_text()):
            groups = re.split(r"\b((?:\w+_)?DEPENDS)\b", rest)
            named = dict(zip(groups[1::2], groups[2::2]))
            words = {key: re.sub("cairn::", "", value).split() for key, value in named.items()}
            direct[name] = {"rank": int(rank), "words": words}

    def reach(name, keys):
        result = set()
        for key in keys:
            for other in direct[name]["words"].get(key, []):
                if other in direct:
                    result |= {other} | reach(other, ["DEPENDS"])
        return result

    link = ["DEPENDS", "PRIVATE_DEPENDS"]
    test = link + ["TEST_DEPENDS", "FUZZ_DEPENDS", "BENCH_DEPENDS"]
    return {name: {"reach": reach(name, link), "test_reach": reach(name, test)} for name in direct}


def main():
    lint = Lint()
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True,
                             check=True).stdout
    for path in filter(None, tracked.split("\0")):
        parts = Path(path).parts
        if Path(path).suffix in TEXT and "corpus" not in parts and path != "LICENSE":
            if (ROOT / path).is_file():
                lint.file(path)
    lint.stale_exceptions()
    for problem in lint.problems:
        print(problem)
    print(f"lint: {len(lint.problems)} problems")
    return 1 if lint.problems else 0


if __name__ == "__main__":
    sys.exit(main())
