"""Servers under load: what `bench/http` and `bench/serve` share."""

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, patience_s=60):
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server has ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not listen")


class Server:
    """A server as long as the `with` lasts; "PORT" in its command is its port."""

    def __init__(self, command, cpu=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        pinned = ["taskset", "-c", str(cpu)] if cpu is not None else []
        self._command = pinned + [word.replace("PORT", str(self.port)) for word in command]

    def __enter__(self):
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, start_new_session=True)
        wait_for(self.port, self.process)
        return self

    def __exit__(self, *_):
        # A server may have started others.
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def add_options(parser, server_cpu=None, client_cpu=None):
    parser.add_argument("--wrk", default="wrk")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--warm-s", type=int, default=5)
    parser.add_argument("--server-cpu", type=int, default=server_cpu)
    parser.add_argument("--client-cpu", type=int, default=client_cpu)
    parser.add_argument("--json", type=Path)


def require_wrk(options):
    if not shutil.which(options.wrk) and os.geteuid() == 0:
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False)
    if not shutil.which(options.wrk):
        sys.exit("wrk is not there: apt-get install wrk")


def measure(options, url, script=None):
    """Requests a second and latencies of a server that is warm."""
    pinned = ["taskset", "-c", str(options.client_cpu)] if options.client_cpu is not None else []
    command = [*pinned, options.wrk, "-t1", f"-c{options.connections}", "--latency"]
    if script:
        command += ["-s", str(script)]
    subprocess.run([*command, f"-d{options.warm_s}s", url], check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run([*command, f"-d{options.seconds}s", url], check=True,
                          capture_output=True, text=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if wrong:
        raise RuntimeError(f"{wrong[1]} wrong responses")
    latency = {name: value for name, value in re.findall(r"^\s+(50|99)%\s+(\S+)", text, re.M)}
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "p50": latency.get("50"),
            "p99": latency.get("99")}


def print_rows(samples, options):
    print(f"{'':24}{'requests/s':>12}{'p50':>10}{'p99':>10}   median of {options.rounds}, "
          f"{options.connections} connections")
    for name, runs in samples.items():
        if runs:
            middle = sorted(runs, key=lambda run: run["rate"])[len(runs) // 2]
            rate = statistics.median(run["rate"] for run in runs)
            print(f"{name:24}{rate:12.0f}{middle['p50']:>10}{middle['p99']:>10}")
