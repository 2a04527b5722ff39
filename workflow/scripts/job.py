"""What every job of the workflow needs around its one call of the package."""

import gc
import os
import signal
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from devices import devices


@contextmanager
def job(snakemake):
    """Send output and errors to the rule's log; keep JAX to its threads and GPUs."""
    # A scheduler that cancels a job lets it clean up for some seconds.
    signal.signal(signal.SIGTERM, _stop)
    # XLA sizes its pool of CPU threads by this variable, and by nothing else.
    os.environ["NPROC"] = str(snakemake.threads)
    # Jobs of the same shapes share what they compile, the hundred small programs
    # between the large ones too: together these take seconds.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", ".snakemake/jax")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    # Tracing makes many small objects, few of them in cycles: to look for these often,
    # and once more at the end, would take a fifth of a short job.
    gc.set_threshold(100_000)
    path = Path(snakemake.log[0])
    with (
        path.open("w", encoding="utf-8") as log,
        redirect_stdout(log),
        redirect_stderr(log),
        devices(snakemake.resources.get("gpu", 0)),
    ):
        try:
            yield
        except Exception as error:
            import traceback

            traceback.print_exc(file=log)
            print(f"{type(error).__name__}: {error}", file=sys.__stderr__)
            raise SystemExit(1) from None
        finally:
            gc.freeze()


def _stop(number, frame):
    raise SystemExit(128 + number)
