"""Checkpoints of training: a killed run goes on where it was, to the same end.

A run is a sequence of phases, each with a state that is a pytree of arrays: weights,
optimisers, averages and the number of steps, from which the random keys of later steps
are made. One file holds the states of the phases that are over and of the one under
way, behind a JSON header with their histories, the identity of the run (settings, seed,
data, code, versions, device) and a checksum. What is computed between phases is
computed again.
"""

import hashlib
import io
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import numpy as np

from nlot.provenance.files import remove_leftovers, whole_file

CHECKPOINT = "checkpoint.eqx"
_FORMAT = 1
State = TypeVar("State")
Record = dict[str, Any]


class Phase(NamedTuple):
    """A phase as it is kept: steps done, what they logged, and the state after them."""

    name: str
    done: int
    history: list[Record]
    state: bytes


class _UnusableError(ValueError):
    """Why a file is not a checkpoint of this run."""


class Checkpoints:
    """The checkpoint file of one run, saved at most every `interval` seconds.

    A file that is damaged, or that another run has written, is set aside under another
    name, and `say` is told why.
    """

    def __init__(
        self,
        path: str | Path,
        identity: Mapping[str, Any],
        interval: float,
        say: Callable[[str], None],
    ):
        self.path, self.identity, self.interval = Path(path), dict(identity), interval
        self._over: list[Phase] = []
        self._started = self._saved = time.monotonic()
        # Time that earlier attempts took, up to what they saved.
        self._earlier, self._found = 0.0, list[Phase]()
        if not self.path.exists():
            return
        try:
            self._earlier, self._found = _read(self.path, self.identity)
        except _UnusableError as error:
            aside = self.path.with_suffix(".set_aside")
            self.path.replace(aside)
            say(f"{self.path}: {error}; kept as {aside.name}, training starts anew")

    @property
    def seconds(self) -> float:
        """Time that this run took, in all attempts."""
        return self._earlier + time.monotonic() - self._started

    def restore(self, name: str, state: State) -> tuple[State, int, list[Record]]:
        """Where the next phase goes on: its state, steps done and their history.

        `state` is the one that it starts from, of the same structure and shapes.
        """
        if not self._found:
            return state, 0, []
        phase = self._found.pop(0)
        if phase.name != name:
            raise ValueError(
                f"{self.path}: expected a state of phase {name!r}, found {phase.name!r}"
            )
        kept = eqx.tree_deserialise_leaves(io.BytesIO(phase.state), state)
        return kept, phase.done, phase.history

    def save(self, name: str, state: Any, done: int, history: list[Record]) -> None:
        """Write the phase under way to the file, if that was not done just now."""
        if time.monotonic() - self._saved < self.interval:
            return
        _write(
            self.path,
            self.identity,
            self.seconds,
            [*self._over, _phase(name, state, done, history)],
        )
        self._saved = time.monotonic()

    def close(self, name: str, state: Any, done: int, history: list[Record]) -> None:
        """Keep the last state of a phase for all later checkpoints."""
        self._over.append(_phase(name, state, done, history))

    def remove(self) -> None:
        """Delete the file: the results of the run are written."""
        self.path.unlink(missing_ok=True)
        remove_leftovers(self.path)


def serialised(tree: Any) -> bytes:
    """The leaves of a pytree, in Equinox's format.

    In memory, to be written by the caller: Equinox hides what a full disk says.
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


def _phase(name: str, state: Any, done: int, history: list[Record]) -> Phase:
    return Phase(name, done, list(history), serialised(state))


def _write(
    path: Path, identity: Mapping[str, Any], seconds: float, phases: list[Phase]
) -> None:
    payload = b"".join(phase.state for phase in phases)
    content = {
        "format": _FORMAT,
        "identity": identity,
        "seconds": seconds,
        "phases": [{**phase._asdict(), "state": len(phase.state)} for phase in phases],
    }
    checksum = _checksum(json.dumps(content), payload)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(json.dumps({"checksum": checksum, **content}).encode() + b"\n")
        file.write(payload)


def _read(path: Path, identity: Mapping[str, Any]) -> tuple[float, list[Phase]]:
    """Seconds and phases; raises `_UnusableError` for a file that does not belong."""
    head, _, payload = path.read_bytes().partition(b"\n")
    try:
        content = json.loads(head)
        checksum = content.pop("checksum")
    except (ValueError, AttributeError, KeyError, TypeError):
        raise _UnusableError("no header of a checkpoint") from None
    if checksum != _checksum(json.dumps(content), payload):
        raise _UnusableError("damaged, its checksum is wrong")
    if content["format"] != _FORMAT:
        raise _UnusableError(f"format {content['format']}, expected {_FORMAT}")
    # As JSON reads it back.
    mine, other = json.loads(json.dumps(identity)), content["identity"]
    parted = [key for key in mine if other.get(key) != mine[key]]
    if parted:
        raise _UnusableError(
            "of another run: "
            + ", ".join(f"{k} {other.get(k)!r}, expected {mine[k]!r}" for k in parted)
        )
    phases, start = [], 0
    for entry in content["phases"]:
        end = start + entry["state"]
        phases.append(Phase(**{**entry, "state": payload[start:end]}))
        start = end
    return content["seconds"], phases


def _checksum(header: str, payload: bytes) -> str:
    return hashlib.sha256(header.encode() + b"\n" + payload).hexdigest()
