"""Data generated for a seed, stored with their provenance."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import PRNGKeyArray

from nlot.config import Experiment
from nlot.networks.velocity_fields import Trajectories, generate
from nlot.provenance.files import whole_file
from nlot.provenance.record import provenance
from nlot.training.progress import Reporter
from nlot.training.streams import stream


def make_data(experiment: Experiment, problem: str, seed: int, path: str | Path) -> Any:
    """Generate the data of a problem for a seed, and write them to `path` (`.npz`).

    **Returns:** what was generated: `Trajectories`, or the points of all clouds.

    Raises `nlot.training.loop.DivergenceError` if an ODE cannot be solved.
    """
    given: Any = experiment.problems[problem]
    config, started = given.data, time.monotonic()
    report = Reporter(f"{problem} seed {seed}")
    kind = "pairs" if given.kind == "pairs" else config.kind
    make, write = _MAKERS[kind]
    data = make(config, stream(seed, "data"), report)
    report.close()
    settings = config.model_dump(mode="json")
    header = {
        "problem": problem,
        "data_config": settings,
        "provenance": provenance(settings, seed, time.monotonic() - started),
    }
    write(path, data, header, stream(seed, "data/order"), config)
    return data


def write_trajectories(
    path: str | Path,
    data: Trajectories,
    header: dict[str, Any],
    key: PRNGKeyArray,
    groups: int = 1,
) -> None:
    """Write samples and held-out particles with their provenance to an `.npz` file.

    The samples of each time are shuffled independently, so that their order does not
    reveal trajectories; only the order of the `groups` is kept.
    """
    n = data.particles.shape[1]
    group = np.arange(n) * groups // n
    orders = []
    for k in jax.random.split(key, len(data.particles)):
        order = np.asarray(jax.random.permutation(k, n))
        orders.append(order[np.argsort(group[order], kind="stable")])
    samples = np.stack([p[o] for p, o in zip(data.particles, orders, strict=True)])
    _write(path, header, samples=samples, held_out=data.held_out)


def _write(path: str | Path, header: dict[str, Any], **arrays: Any) -> None:
    with whole_file(path) as temporary:
        np.savez_compressed(temporary, **arrays, header=np.array(json.dumps(header)))


# What generates each kind of data, and what writes it.
_MAKERS: dict[str, tuple[Callable[..., Any], Callable[..., None]]] = {
    "generated": (
        generate,
        lambda path, data, header, key, config: write_trajectories(
            path, data, header, key, len(config.groups)
        ),
    ),
    "pairs": (
        lambda config, key, report: config.draw(key),
        lambda path, data, header, key, config: _write(path, header, **data._asdict()),
    ),
    "drawn": (
        lambda config, key, report: config.draw(key),
        lambda path, data, header, key, config: _write(path, header, samples=data),
    ),
}
