"""Results are written completely or not at all."""

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
    """A temporary path, renamed to `path` if the block ends without error.

    The temporary file keeps the suffix, from which libraries infer the format. Files
    left behind by killed writers of `path` are removed; those still in use are not.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = _create(path)
    try:
        remove_leftovers(path)
        yield temporary
        # A full disk may only show here; a crash must not leave an empty file.
        os.fsync(handle)
        # mkstemp makes files private; results get the usual permissions.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        # On a full disk, libraries do not name the file, nor NumPy the reason.
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
        # Some network file systems have no locks: there, leftovers stay.
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
