"""Running commands and keeping what they took."""

import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import kernels as kernel_table


@dataclass
class Engine:
    """A way to run a case: a command that gets the module and its arguments appended."""

    name: str
    command: list

    def line(self, case):
        if case.native and self.name in case.native:
            return case.native[self.name]
        return [*self.command, str(case.module), *case.arguments]


@dataclass
class Case:
    """One program to run on every engine; `native` maps native variants to command lines."""

    name: str
    module: Path
    arguments: list
    native: dict = field(default_factory=dict)
    stdin: str = "/dev/null"


@dataclass
class Sample:
    wall_s: float
    user_s: float
    system_s: float
    rss_kib: int

    def value(self, metric):
        return {
            "wall": self.wall_s,
            "cpu": self.user_s + self.system_s,
            "user": self.user_s,
            "rss": self.rss_kib,
        }[metric]


def parse_engine(text):
    name, found, command = text.partition("=")
    if not found or not name or not command:
        raise ValueError(f"expected NAME=COMMAND, got {text!r}")
    return Engine(name, shlex.split(command))


class Runner:
    """Runs engines by turns through the `spawn` helper and collects samples and outputs."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.output = directory / "output.txt"
        self.spawn = directory / "spawn"
        source = Path(__file__).with_name("spawn.c")
        if not self.spawn.exists() or self.spawn.stat().st_mtime < source.stat().st_mtime:
            self._build_spawn(source)

    def _build_spawn(self, source):
        command = ["cc", "-O2", "-static", str(source), "-o", str(self.spawn)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise kernel_table.BuildError(done.stderr)

    def run(self, line, stdin="/dev/null", times=1):
        """Returns (samples, what the last run printed, exit code of the last run)."""
        command = [str(self.spawn), stdin, str(self.output), str(times), *line]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        samples, code = [], 0
        for row in done.stdout.splitlines():
            wall, user, system, rss, code = (int(word) for word in row.split())
            samples.append(Sample(wall / 1e9, user / 1e6, system / 1e6, rss))
        return samples, self.output.read_text(errors="replace"), code

    def measure(self, cases, engines, runs):
        """{case: {engine: [Sample]}}; an engine that fails a case or differs is left out of it.

        Rounds are interleaved: every engine runs every case once a round, so that a change of the
        machine's speed meets all of them.
        """
        results = {case.name: {} for case in cases}
        expected, failed = {}, {}
        for turn in range(runs):
            for case in cases:
                show_progress(f"  round {turn + 1}/{runs}  {case.name}")
                for engine in engines:
                    if engine.name in failed.get(case.name, {}):
                        continue
                    samples, output, code = self.run(engine.line(case), case.stdin)
                    if code == 0 and output == expected.setdefault(case.name, output):
                        results[case.name].setdefault(engine.name, []).extend(samples)
                    else:
                        reason = f"exit {code}: {output.strip()[:100]}"
                        failed.setdefault(case.name, {})[engine.name] = reason
        show_progress("")
        for case, engine_reasons in failed.items():
            for engine, reason in engine_reasons.items():
                results[case].pop(engine, None)
                print(f"  {case}: {engine} failed or differs ({reason})")
        return results, failed


def show_progress(text):
    """Keeps one line on a terminal; elsewhere says nothing."""
    if sys.stderr.isatty():
        print(f"\r{text:<60}" + ("" if text else "\r"), end="", file=sys.stderr, flush=True)


def median(samples, metric):
    return statistics.median(sample.value(metric) for sample in samples)


def geomean(values):
    values = list(values)
    return statistics.geometric_mean(values) if values else float("nan")
