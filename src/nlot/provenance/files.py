"""Results are written whole or not at all."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends without error.

    The temporary file keeps the suffix, from which libraries guess the format. What
    killed writers of `path` left behind is removed; what others still write is not.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = _create(path)
    try:
        remove_leftovers(path)
        yield temporary
        # A full disk may show only here; a crash must not leave a name without data.
        os.fsync(handle)
        # mkstemp makes files private; results are as readable as any other file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        # Libraries that run out of space do not say where, nor NumPy why.
        if error.filename is not None:
            raise
        if error.errno is None:
            raise OSError(f"{path}: {error}") from error
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table without its index."""
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False)


def remove_leftovers(path: str | Path) -> None:
    """Remove temporary files of `path` that no living process holds."""
    path = Path(path)
    pattern = re.escape(f".{path.stem}.") + "[a-z0-9_]{8}" + re.escape(path.suffix)
    for other in path.parent.iterdir():
        if re.fullmatch(pattern, other.name):
            # Its writer may rename it at any moment, or be another user.
            with suppress(FileNotFoundError, PermissionError):
                _remove_unlocked(other)


def _create(path: Path) -> tuple[int, Path]:
    """A new temporary file, locked for as long as its handle is open."""
    while True:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent
        )
        # Some network file systems know no locks: there, leftovers stay.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        # Another writer may have taken it for a leftover before it was locked.
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)


def _remove_unlocked(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    else:
        path.unlink()
    finally:
        os.close(handle)
