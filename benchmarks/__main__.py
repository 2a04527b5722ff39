"""`python -m benchmarks [GROUP ...]`: measure, and write the results.

Each case runs in its own process, on one CPU core or on the GPU, for its own
compilation time and peak memory. Results go to results/benchmarks/: a table, its
provenance, and plots of the growth of steps and of whole trainings.
"""

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.cases import Case, cases
from nlot.provenance.files import whole_file, write_csv

FOLDER = Path("results/benchmarks")


def measure(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run one case in this process."""
    module, name = function.split(".")
    found = getattr(importlib.import_module(f"benchmarks.{module}"), name)(**arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**found, "peak_mb": peak / 1024}


def in_a_process(case: Case) -> dict[str, Any]:
    """Run one case in its own process.

    Raises `RuntimeError` with its error output if it fails.
    """
    # XLA sizes its pool of CPU threads by NPROC; nothing compiled is taken from disk.
    environment = {**os.environ, "NPROC": "1"}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--one", case.function],
        input=json.dumps(case.arguments),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{case.group}: {case.name}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure the cases of the named groups, or of all."""
    groups = list(dict.fromkeys(case.group for case in cases()))
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("groups", nargs="*", help=f"of: {', '.join(groups)}")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, json.load(sys.stdin))))
        return
    for group in options.groups:
        if group not in groups:
            parser.error(f"unknown group {group!r}; choose from {', '.join(groups)}")
    chosen = [case for case in cases() if case.group in (options.groups or groups)]
    rows, begun = [], time.monotonic()
    for case in chosen:
        row = {"group": case.group, "case": case.name, "size": case.size}
        rows.append({**row, **in_a_process(case)})
        print(f"{case.group}: {case.name} {case.size or ''}: {rows[-1]}", flush=True)
    table = pd.DataFrame(rows).astype({"size": "Int64"})
    _write(table, chosen, time.monotonic() - begun)


def _write(table: pd.DataFrame, measured: list[Case], seconds: float) -> None:
    from benchmarks.plot import plot_growth, plot_scale
    from nlot.provenance.record import provenance

    write_csv(table, FOLDER / "benchmarks.csv")
    record = provenance([case._asdict() for case in measured], 0, seconds)
    with whole_file(FOLDER / "benchmarks.json") as path:
        path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    plot_growth(table, FOLDER / "growth.png", record)
    plot_scale(table, FOLDER / "scale.png", record)


if __name__ == "__main__":
    main()
