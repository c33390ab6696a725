"""Runs every benchmark, each in a process of its own so that memory figures are its own."""

from __future__ import annotations

import subprocess
import sys

ALL = (
    "benchmarks.eventlog",
    "benchmarks.collector",
    "benchmarks.load",
    "benchmarks.build",
    "benchmarks.increments",
    "benchmarks.identity",
    "benchmarks.idle",
    "benchmarks.first",
)

if __name__ == "__main__":
    codes = []
    for name in sys.argv[1:] or ALL:
        print(f"== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", name]).returncode)
    sys.exit(max(codes))
