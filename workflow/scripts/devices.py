"""GPUs of one machine, each for one job at a time."""

import fcntl
import getpass
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def devices(number):
    """Keep JAX to `number` GPUs that no other job of ours has, or to the processor.

    Snakemake counts GPUs but does not say which. Of those in CUDA_VISIBLE_DEVICES a job
    takes the first free ones; with no more there than it asked for, as under Slurm, all
    are its own.
    """
    if not number:
        # An installed CUDA would be used, and its memory taken, by every job.
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        yield
        return
    # By default the first process on a device takes three quarters of its memory.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    visible = [d for d in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if d]
    if len(visible) <= number:
        yield
        return
    # Not in the project: its folder may be shared with other machines.
    folder = Path(tempfile.gettempdir(), f"nlot-gpus-{getpass.getuser()}")
    folder.mkdir(exist_ok=True)
    while len(taken := _take(visible, number, folder)) < number:
        _release(taken)
        time.sleep(1)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(taken)
    try:
        yield
    finally:
        _release(taken)


def _take(names, number, folder):
    """Up to `number` locked files by device; a lock ends with its process."""
    taken = {}
    for name in names:
        file = (folder / name.replace("/", "-")).open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        taken[name] = file
        if len(taken) == number:
            break
    return taken


def _release(taken):
    for file in taken.values():
        file.close()
