#!/usr/bin/env python3
"""Every rule of tools/lint.py finds what it is there for."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import lint  # noqa: E402


class LintTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.write("low/CMakeLists.txt", "cairn_library(low LAYER 0)\n")
        self.write("high/CMakeLists.txt", "cairn_library(high LAYER 1 DEPENDS low)\n")
        self.write("tools/lint-exceptions.txt", "")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def problems(self, path, text):
        self.write(path, text)
        run = lint.Lint(self.root)
        run.file(path)
        run.stale_exceptions()
        return run.problems

    def expect(self, path, text, message):
        found = self.problems(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(message, found[0])

    def test_clean_files_are_clean(self):
        self.assertEqual(self.problems("high/src/a.cpp", "#include <cairn/low/x.hpp>\nint a;\n"), [])
        self.assertEqual(self.problems("low/include/cairn/low/a.hpp", "#pragma once\n"), [])

    def test_includes_point_down(self):
        self.expect("low/src/a.cpp", "#include <cairn/high/x.hpp>\n", "low may not include high")
        self.expect("low/src/a.cpp", '#include "../x.hpp"\n', "does not climb")
        self.expect("low/include/cairn/low/a.hpp", '#pragma once\n#include "x.hpp"\n',
                    "only public headers")

    def test_headers_are_guarded(self):
        self.expect("low/src/a.hpp", "int a;\n", "#pragma once")

    def test_the_world_is_handed_in(self):
        self.expect("low/src/a.cpp", "int a = ::open(p, 0);\n", "handed in")
        self.expect("low/src/a.cpp", "#include <fcntl.h>\n", "handed in")
        self.expect("low/src/a.cpp", "auto t = std::chrono::system_clock::now();\n", "handed in")
        self.assertEqual(self.problems("low/src/a.cpp", "parser.open(x);  // ::open( is not used\n"), [])
        self.assertEqual(self.problems("apps/a.cpp", "int a = ::open(p, 0);\n"), [])

    def test_files_stay_small(self):
        long = "int a;\n" * (lint.SIZE_MAX + 1)
        self.expect("low/src/a.cpp", long, "split it")
        self.write("tools/lint-exceptions.txt", f"size low/src/a.cpp {lint.SIZE_MAX + 1}\n")
        self.assertEqual(self.problems("low/src/a.cpp", long), [])
        self.expect("low/src/a.cpp", long + "int b;\n", "grew")
        self.expect("low/src/a.cpp", "int a;\n", "no longer needed")

    def test_nothing_unfinished(self):
        self.expect("low/src/a.cpp", "// TO" + "DO: later\n", "unfinished")
        self.expect("low/src/a.cpp", "int a; \n", "white space")


if __name__ == "__main__":
    unittest.main()
