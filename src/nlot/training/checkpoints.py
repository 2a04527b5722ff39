"""Checkpoints of training: a killed run resumes, and ends with the same result.

A run is a sequence of phases, each with a pytree of arrays as its state: weights,
optimiser states, averages and the number of steps, from which the random keys of later
steps are derived. One file holds a JSON header, the states of the finished phases and
of the current one, and a checksum. The header has the histories of the phases, and the
identity of the run: settings, seed, data, code, versions, device. What is computed
between phases is recomputed.
"""

import hashlib
import io
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import jax
import numpy as np

from nlot.provenance.files import remove_leftovers, whole_file

CHECKPOINT = "checkpoint.eqx"
_CHECKSUM_BYTES = 32
State = TypeVar("State")
Record = dict[str, Any]


class Checkpoints:
    """The checkpoint file of one run, saved at most every `interval` seconds.

    A file that is damaged, or was written by another run, is renamed, and `say` gets
    the reason.
    """

    def __init__(
        self,
        path: str | Path,
        identity: Mapping[str, Any],
        interval: float,
        say: Callable[[str], None],
    ):
        self.path, self.identity, self.interval = Path(path), dict(identity), interval
        self._started = self._saved = time.monotonic()
        # Finished phases, and their states, concatenated.
        self._over, self._states = list[Record](), b""
        # Phases and states in the file, and the time that earlier attempts took.
        self._found, self._left, self._earlier = list[Record](), io.BytesIO(), 0.0
        if not self.path.exists():
            return
        try:
            self._read()
        except ValueError as error:
            aside = self.path.with_suffix(".set_aside")
            self.path.replace(aside)
            say(f"{self.path}: {error}; kept as {aside.name}, training starts anew")

    @property
    def seconds(self) -> float:
        """Time that this run took, in all attempts."""
        return self._earlier + time.monotonic() - self._started

    def restore(self, name: str, state: State) -> tuple[State, int, list[Record]]:
        """Where the next phase resumes: its state, steps done and their history.

        `state` is its initial state, of the same structure and shapes.
        """
        if not self._found:
            return state, 0, []
        phase = self._found.pop(0)
        if phase["name"] != name:
            raise ValueError(
                f"{self.path}: expected a state of phase {name!r}, found "
                f"{phase['name']!r}"
            )
        kept = eqx.tree_deserialise_leaves(self._left, state)
        return kept, phase["done"], phase["history"]

    def save(self, name: str, state: Any, done: int, history: list[Record]) -> None:
        """Write the current phase to the file, unless `interval` has not passed yet."""
        if time.monotonic() - self._saved < self.interval:
            return
        phase = {"name": name, "done": done, "history": history}
        header = {
            "identity": self.identity,
            "seconds": self.seconds,
            "phases": [*self._over, phase],
        }
        head = json.dumps(header).encode() + b"\n"
        content = head + self._states + serialised(state)
        with whole_file(self.path) as temporary:
            temporary.write_bytes(content + hashlib.sha256(content).digest())
        self._saved = time.monotonic()

    def close(self, name: str, state: Any, done: int, history: list[Record]) -> None:
        """Keep the final state of a phase for all later checkpoints."""
        self._over.append({"name": name, "done": done, "history": history})
        self._states += serialised(state)

    def remove(self) -> None:
        """Delete the file, once the results of the run are written."""
        self.path.unlink(missing_ok=True)
        remove_leftovers(self.path)

    def _read(self) -> None:
        """Read the file; raises `ValueError` if it cannot be used."""
        file = self.path.read_bytes()
        content, checksum = file[:-_CHECKSUM_BYTES], file[-_CHECKSUM_BYTES:]
        if checksum != hashlib.sha256(content).digest():
            raise ValueError("damaged, or no checkpoint: its checksum is wrong")
        head, _, states = content.partition(b"\n")
        header = json.loads(head)
        # As JSON reads it back.
        mine, other = json.loads(json.dumps(self.identity)), header["identity"]
        parted = [
            f"{key} {other.get(key)!r}, expected {value!r}"
            for key, value in mine.items()
            if other.get(key) != value
        ]
        if parted:
            raise ValueError(f"of another run: {', '.join(parted)}")
        self._earlier, self._found = header["seconds"], header["phases"]
        self._left = io.BytesIO(states)


def serialised(tree: Any) -> bytes:
    """The leaves of a pytree, in Equinox's format.

    In memory, for the caller to write: Equinox hides the errors of a full disk.
    """
    buffer = io.BytesIO()
    eqx.tree_serialise_leaves(buffer, tree)
    return buffer.getvalue()


def digest(tree: Any) -> str:
    """Hash of the arrays and numbers in a pytree."""
    found = hashlib.sha256()
    for leaf in jax.tree.leaves(eqx.filter(tree, eqx.is_array_like)):
        array = np.asarray(leaf)
        found.update(f"{array.dtype}{array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()[:16]
