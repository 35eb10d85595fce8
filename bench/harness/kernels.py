"""The table of kernels, and building them: to WebAssembly and, in variants, natively."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "bench" / "kernels"

WASM_FLAGS = ["--target=wasm32-wasi", "--no-wasm-opt", "-Wno-deprecated", "-O2"]

SIZES = ("tiny", "short", "long")

# `native` is what ratios are taken to. Fused multiply-adds would change results, so they are off.
NATIVE_VARIANTS = {
    "native": ["-O2"],
    "native-scalar": ["-O2", "-fno-vectorize", "-fno-slp-vectorize"],
    "native-cpu": ["-O3", "-march=native", "-ffp-contract=off"],
}


@dataclass(frozen=True)
class Kernel:
    name: str
    group: str
    source: Path
    flags: tuple
    sizes: dict

    def arguments(self, size):
        value = self.sizes[size]
        return [] if value == "-" else [value]


class BuildError(Exception):
    """A compiler failed or is missing; the message is for the user."""


def read_table():
    kernels = []
    for line in (SOURCES / "kernels.txt").read_text().splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        name, group, source, flags, *sizes = words
        split = tuple(flags.split(",")) if flags != "-" else ()
        kernels.append(Kernel(name, group, SOURCES / source, split, dict(zip(SIZES, sizes))))
    return kernels


def compile_source(kernel, output, flags, to_wasm):
    """Compiles one kernel unless `output` is newer than all it is made from."""
    inputs = [kernel.source, SOURCES / "kernel.h", SOURCES / "kernels.txt", Path(__file__)]
    if output.exists() and all(output.stat().st_mtime > i.stat().st_mtime for i in inputs):
        return
    is_cpp = kernel.source.suffix == ".cpp"
    suffix = os.environ.get("CAIRN_CLANG_SUFFIX", "-22")
    command = [("clang++" if is_cpp else "clang") + suffix]
    command += WASM_FLAGS if to_wasm else []
    command += ["-std=c++20", "-fno-exceptions"] if is_cpp else ["-std=gnu17"]
    command += [*flags, *kernel.flags, str(kernel.source), "-o", str(output)]
    command += ["-Wl,-s"] if to_wasm else ["-lm"]
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise BuildError(f"{command[0]} is not installed; see docs/guests.md") from None
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{done.stderr}")


def wasm_files(kernel, directory):
    """The modules of a kernel by label: one, or the scalar and the SIMD build."""
    if kernel.group == "simd":
        return {v: directory / f"{kernel.name}.{v}.wasm" for v in ("scalar", "simd")}
    return {"": directory / f"{kernel.name}.wasm"}


def native_file(kernel, directory, variant):
    return directory / variant / kernel.name


def build(kernels, directory, variants):
    for kernel in kernels:
        for label, output in wasm_files(kernel, directory).items():
            compile_source(kernel, output, ["-msimd128"] if label == "simd" else [], True)
        for variant in variants:
            output = native_file(kernel, directory, variant)
            compile_source(kernel, output, NATIVE_VARIANTS[variant], False)
