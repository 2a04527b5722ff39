"""A training job: train with checkpoints, write the run, drop the checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from nlot.config import LearnerConfig, MethodConfig
from nlot.measures.sequences import Sequence
from nlot.problems.transport import Task
from nlot.provenance.record import (
    config_hash,
    device_kind,
    fingerprint,
    provenance,
    versions,
)
from nlot.runs.store import write_run
from nlot.training.checkpoints import CHECKPOINT, Checkpoints, digest
from nlot.training.progress import Reporter
from nlot.training.streams import stream


def train_and_write(
    method: ModuleType,
    subject: Task | Sequence,
    config: MethodConfig | LearnerConfig,
    *,
    name: str,
    seed: int,
    names: Mapping[str, str],
    settings: Mapping[str, Any],
    folder: str | Path,
    checkpoint_minutes: float,
) -> tuple[dict[str, Any], Any]:
    """Train by `method.train` and write weights and history to `folder`.

    The header holds `names` (kind, task or sequence, method), `settings` and the
    provenance; `name` is what the log calls the run. A killed job leaves a checkpoint
    in `folder`, from which the next one goes on. Returns the header as stored, and the
    networks.

    Raises what `method.train` raises, and writes nothing then.
    """
    report = Reporter(f"{name} seed {seed}")
    identity = {
        "settings": config_hash(settings),
        "seed": seed,
        "data": digest(subject),
        "code": fingerprint(method.__name__.removeprefix("nlot.")),
        "device": device_kind(),
        "versions": versions(),
    }
    path = Path(folder) / CHECKPOINT
    checkpoints = Checkpoints(path, identity, 60 * checkpoint_minutes, report.say)
    report.checkpoints = checkpoints
    networks, history = method.train(subject, config, stream(seed, "training"), report)
    report.close()
    header = {
        **names,
        **settings,
        "provenance": provenance(settings, seed, checkpoints.seconds),
    }
    header = write_run(folder, header, networks, history)
    checkpoints.remove()
    return header, networks
