"""Snakemake in forks of a process that has imported the package once."""

import multiprocessing
import os
import subprocess
from pathlib import Path

# Importing them is most of a dry run.
IMPORTED = ["snakemake.cli", "nlot.reporting.drawing"]


def plan(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run snakemake where it ends before any job: as a dry run, or by an error."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(IMPORTED)
    output = folder / "planned.txt"
    process = forks.Process(target=_snakemake, args=(folder, arguments, output))
    process.start()
    process.join()
    code, said = process.exitcode, output.read_text(encoding="utf-8")
    assert code is not None
    return subprocess.CompletedProcess(arguments, code, said)


def _snakemake(folder: Path, arguments: tuple[str, ...], output: Path) -> None:
    from snakemake.cli import main

    os.chdir(folder)
    with output.open("w", encoding="utf-8") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    main(["--cores", "all", *arguments])
