"""Data generated for a seed, stored with their provenance."""

import json
import time
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


def make_data(
    experiment: Experiment, problem: str, seed: int, path: str | Path
) -> Trajectories:
    """Generate the data of a problem for a seed, and write them to `path` (`.npz`).

    Raises `nlot.training.loop.DivergenceError` if an ODE cannot be solved.
    """
    given: Any = experiment.problems[problem]
    config, started = given.data, time.monotonic()
    report = Reporter(f"{problem} seed {seed}")
    data = generate(config, stream(seed, "data"), report)
    report.close()
    settings = config.model_dump(mode="json")
    header = {
        "problem": problem,
        "data_config": settings,
        "provenance": provenance(settings, seed, time.monotonic() - started),
    }
    order = stream(seed, "data/order")
    write_trajectories(path, data, header, order, len(config.groups))
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
    with whole_file(path) as temporary:
        np.savez_compressed(
            temporary,
            samples=samples,
            held_out=data.held_out,
            header=np.array(json.dumps(header)),
        )
