"""Actors: delivered work, beside C++ Actor Framework and Erlang where they are installed.

Every program does one workload in batches and says what an operation took in half of the batches and
in all but one of a hundred. Rounds are interleaved: each runs every workload on every engine once.
"""

import json
import os
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import kernels as kernel_table
from . import report
from .measure import show_progress

PEERS = kernel_table.ROOT / "bench" / "peers" / "actor"
PACKAGES = ["libcaf-dev", "erlang-base", "wrk"]
ERLANG_FLAGS = ["-noinput", "+P", "2000000", "+t", "2000000"]


@dataclass(frozen=True)
class Workload:
    """`program` and `benchmark` are Cairn's; peers know it by its name, if they do it at all."""

    name: str
    reach: str
    benchmark: str = ""
    program: str = "actor"
    peer_name: str = ""
    workers: int = 2

    def pattern(self):
        return f"^{self.benchmark or self.name}(/iterations|/manual_time|/real_time|$)"


def peer(name, reach, **rest):
    return Workload(name, reach, peer_name=rest.pop("peer_name", name), **rest)


def lookup(count, key, reach=""):
    return Workload(f"lookup_{count}_{key}", reach, f"lookup/{key}/{count}",
                    peer_name=f"lookup_{count}" if key == "name" else "")


COUNTS = [10, 1_000, 10_000, 100_000, 1_000_000]
WORKLOADS = [
    peer("spawn_batch", "286 ns, 2 × CAF and Erlang"),
    peer("full_lifecycle", "1.0 µs"),
    peer("one_to_one", "10 M/s"),
    peer("ping_pong_1", "1.0 µs", benchmark="ping_pong/1", peer_name="ping_pong", workers=1),
    peer("ping_pong_2", "3.0 µs", benchmark="ping_pong/2", peer_name="ping_pong"),
    peer("many_to_many", "12 M/s, 2 × CAF"),
    *[lookup(count, "name", "36 ns" if count <= 10_000 else "") for count in COUNTS],
    *[lookup(count, "id", "36 ns" if count <= 10_000 else "") for count in COUNTS],
    peer("publish_to_100", "10 µs"),
    peer("restart", "2 µs"),
    peer("idle_memory", "512 B"),
    Workload("component_spawn", "15 µs, 60,000/s", "component_spawn/explicit_state"),
    Workload("component_spawn_resident", "15 µs, 60,000/s", "component_spawn/resident"),
    Workload("component_live", "40 KB", "component_spawn_batch/explicit_state"),
    Workload("component_live_resident", "40 KB", "component_spawn_batch/resident"),
    Workload("component_message", "1.5 M/s", "component_message/explicit_state"),
    Workload("component_message_resident", "1.5 M/s", "component_message/resident"),
    Workload("beside_nobody", "", "beside_looping/alone"),
    Workload("beside_looping", "p99 + 5 ms", "beside_looping/looping"),
    Workload("disk_syncs", "", "disk_syncs/512", program="chain"),
    Workload("durable_appends", "", "durable_appends/1000", program="chain"),
    # With contracts and chain, by components; in the same unit what replay makes of their log.
    Workload("durable_message_16", "p99 4 syncs", "messages/durable/16", program="platform"),
    Workload("durable_message_24", "50,000/s, p99 4 syncs", "messages/durable/24", program="platform"),
    Workload("durable_message_64", "50,000/s", "messages/durable/64", program="platform"),
    Workload("durable_message_1000", "50,000/s", "messages/durable/1000", program="platform"),
    Workload("replay", "0.8 × live", "replay", program="platform"),
    Workload("verification", "1 M/s", "verification/threads:2/contents:0", program="chain"),
]


class Cairn:
    name = "cairn"

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "CAIRN_COMPILER": str(folder / "cairn-compiler")}

    def line(self, workload):
        program = self.folder / workload.program / f"bench_{workload.program}"
        return [str(program), f"--benchmark_filter={workload.pattern()}",
                "--benchmark_format=json"], self.environment

    def read(self, output):
        found = json.loads(output)["benchmarks"]
        if len(found) != 1 or found[0].get("error_occurred"):
            raise ValueError(f"expected one measurement, got {found}")
        row = found[0]
        for other in ("items_per_second", "spawned_and_asked_per_s"):
            if other in row:
                row["per_s"] = row[other]
        for quantile in ("p50", "p99"):
            if f"{quantile}_us" in row:
                row[f"{quantile}_ns"] = 1e3 * row[f"{quantile}_us"]
        return {key: row[key] for key in ("p50_ns", "p99_ns", "per_s", "bytes_each") if key in row}


class Peer:
    """A program that takes a workload and prints a line of JSON."""

    def __init__(self, name, line):
        self.name = name
        self._line = line

    def line(self, workload):
        return (self._line(workload), None) if workload.peer_name else None

    def read(self, output):
        return json.loads(output)


def compiled(command, output, source):
    if not output.exists() or output.stat().st_mtime < source.stat().st_mtime:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise kernel_table.BuildError(done.stderr)
    return output


def find_peers(folder):
    peers = []
    folder.mkdir(parents=True, exist_ok=True)
    if Path("/usr/include/caf/all.hpp").exists():
        source = PEERS / "caf.cpp"
        program = compiled(["c++", "-std=c++17", "-O3", "-DNDEBUG", str(source), "-o",
                            str(folder / "caf"), "-lcaf_core", "-pthread"],
                           folder / "caf", source)
        peers.append(Peer("caf", lambda w: [str(program), w.peer_name, str(w.workers)]))
    else:
        print("  without CAF: libcaf-dev is not installed (--setup installs it)")
    if shutil.which("erlc"):
        source = PEERS / "actors.erl"
        compiled(["erlc", "-o", str(folder), str(source)], folder / "actors.beam", source)
        peers.append(Peer("erlang", lambda w: [
            "erl", *ERLANG_FLAGS, "+S", f"{w.workers}:{w.workers}", "-pa", str(folder),
            "-run", "actors", "main", w.peer_name]))
    else:
        print("  without Erlang: erlang-base is not installed (--setup installs it)")
    return peers


def install_packages():
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends",
                    *PACKAGES], check=True)


HTTP = {"durable": ("http_durable", "15,000/s"), "nothing kept": ("http_not_kept", "40,000/s")}


def measure_http(bench, results):
    """What `bench/serve` finds: messages through HTTP, by wrk; nothing where that is not."""
    if not shutil.which("wrk"):
        print("  without HTTP: wrk is not installed (--setup installs it)")
        return []
    path = bench.options.out / "serve.json"
    show_progress("  messages through HTTP")
    done = subprocess.run([str(kernel_table.ROOT / "bench" / "serve"), "--cairn", bench.command[0],
                           "--rounds", str(bench.options.runs), "--json", str(path)],
                          capture_output=True, text=True)
    show_progress("")
    if done.returncode != 0:
        print(f"  messages through HTTP failed ({done.stderr.strip()[-300:]})")
        bench.has_failed = True
        return []
    found = json.loads(path.read_text())
    for kind, (name, _) in HTTP.items():
        results[name] = {"cairn": [{"per_s": one["rate"], "p50_ns": as_ns(one["p50"]),
                                    "p99_ns": as_ns(one["p99"])} for one in found[kind]]}
    return [Workload(name, reach) for name, reach in HTTP.values()]


def as_ns(text):
    """A time as wrk writes it."""
    number = text.rstrip("smu")
    return float(number) * {"us": 1e3, "ms": 1e6, "s": 1e9}[text[len(number):]]


def chosen_workloads(names):
    known = {workload.name: workload for workload in WORKLOADS}
    for name in names:
        if name not in known:
            raise ValueError(f"no workload {name!r}: expected {', '.join(known)}")
    return [known[name] for name in names] or WORKLOADS


def measure(workloads, engines, rounds, prefix):
    """{workload: {engine: [what it said]}}, and whether Cairn failed."""
    results = {workload.name: {} for workload in workloads}
    failed = {}
    for turn in range(rounds):
        for workload in workloads:
            for engine in engines:
                line = engine.line(workload)
                if not line or (workload.name, engine.name) in failed:
                    continue
                show_progress(f"  round {turn + 1}/{rounds}  {workload.name}  {engine.name}")
                done = subprocess.run([*prefix, *line[0]], env=line[1], capture_output=True,
                                      text=True)
                try:
                    said = engine.read(done.stdout)
                    results[workload.name].setdefault(engine.name, []).append(said)
                except (ValueError, KeyError):
                    failed[workload.name, engine.name] = done.stderr.strip()[-300:]
    show_progress("")
    for (workload, engine), reason in failed.items():
        results[workload].pop(engine, None)
        print(f"  {workload}: {engine} failed ({reason})")
    return results, any(engine == "cairn" for _, engine in failed)


def middle(samples, key):
    """The median over all rounds, if it was measured."""
    values = [sample[key] for sample in samples if key in sample]
    return statistics.median(values) if values else None


def as_time(ns):
    for unit, size in (("ns", 1), ("µs", 1e3), ("ms", 1e6)):
        if ns < 1000 * size or unit == "ms":
            return f"{ns / size:.3g} {unit}"


def as_cells(samples):
    p50, p99, per_s, size = (middle(samples, key)
                             for key in ("p50_ns", "p99_ns", "per_s", "bytes_each"))
    half = f"{size:,.0f} B" if size else as_time(p50) if p50 else "-"
    rate = "-"
    if per_s:
        rate = f"{per_s / 1e6:.2f} M/s" if per_s >= 1e6 else f"{per_s:,.0f}/s"
    return [half, as_time(p99) if p99 else "-", rate]


def cost(samples):
    return middle(samples, "p50_ns") or middle(samples, "bytes_each")


def print_results(workloads, results, peers):
    rows = []
    for workload in workloads:
        row = results[workload.name]
        own = row.get("cairn", [])
        cells = [workload.name, workload.reach or "-", *as_cells(own)]
        for engine in peers:
            cells += as_cells(row.get(engine.name, []))[:1]
            known = row.get(engine.name) and own
            cells.append(f"{cost(row[engine.name]) / cost(own):.1f} ×" if known else "-")
        rows.append(cells)
    header = ["workload", "to reach", "p50", "p99", "per second"]
    for engine in peers:
        header += [f"{engine.name} p50", "/cairn"]
    report.print_rows(header, rows)


def print_syncs(results):
    """How many of the disk's own syncs 99 % of the durable messages take at most."""
    sync = middle(results.get("disk_syncs", {}).get("cairn", []), "per_s")
    for name, row in results.items():
        p99 = middle(row.get("cairn", []), "p99_ns") if name.startswith("durable_message") else None
        if sync and p99:
            print(f"  {name}: p99 is {p99 * sync / 1e9:.1f} syncs of {as_time(1e9 / sync)}")


def run(bench):
    """The section `actor` of bench/run."""
    options = bench.options
    if options.setup:
        install_packages()
    engines = []
    if bench.cairn:
        engines.append(Cairn(Path(bench.command[0]).resolve().parent))
    peers = find_peers(options.out / "peers")
    engines += peers
    workloads = chosen_workloads([name for name in options.kernels.split(",") if name])
    # By turns: threads of a peer that wait busily would keep its other ones from ever running.
    prefix = ["chrt", "-r", "10"] if options.realtime else []
    results, has_failed = measure(workloads, engines, options.runs, prefix)
    bench.has_failed |= has_failed
    if bench.cairn and not options.kernels:
        workloads = [*workloads, *measure_http(bench, results)]
    report.write_json(options.out / "actor.json", {**bench.report, "actor": results})
    print_results(workloads, results, peers)
    print_syncs(results)
    groups = {}
    for name, row in results.items():
        if "cairn" in row and len(row) > 1:
            groups[name] = {engine: cost(said) / cost(row["cairn"]) for engine, said in row.items()}
    if groups:
        path = options.out / "actor.svg"
        report.write_bars(path, "Actors: time (idle_memory: bytes) relative to Cairn, shorter is better",
                          "× cairn", groups, [engine.name for engine in engines])
        print(f"  plot: {path}")
