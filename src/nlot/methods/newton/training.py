"""Searches polygons of least action (`nlot.paths.multistart`)."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from nlot.methods.geodesics_run import reported
from nlot.methods.newton.config import Config
from nlot.paths.multistart import optimal_paths
from nlot.problems.geodesics import Geodesics
from nlot.training.progress import Reporter


class Polygons(NamedTuple):
    """Corners of paths, in single precision, and whether each search converged."""

    corners: Float[Array, "n corners d"]
    converged: Bool[Array, " n"]


def build(problem: Geodesics, config: Config, *, key: PRNGKeyArray) -> Polygons:
    """Straight polygons."""
    s = jnp.linspace(0, 1, config.search.segments + 1)[:, None]
    x = jnp.asarray(problem.starts, jnp.float32)[:, None]
    way = jnp.asarray(problem.ends, jnp.float32)[:, None] - x
    return Polygons(x + s * way, jnp.zeros(len(x), bool))


def train(
    problem: Geodesics, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Polygons, list[dict[str, Any]]]:
    """Search the paths; arguments, results and errors are those in `nlot.methods`."""
    report.start(1, 1)
    with report.busy("searching paths"):
        found = optimal_paths(
            problem.lagrangian,
            problem.horizon,
            problem.extent,
            config.search,
            problem.starts,
            problem.ends,
        )
    history = reported(report, found.action, found.converged)
    corners = jnp.asarray(found.path, jnp.float32)
    return Polygons(corners, jnp.asarray(found.converged)), history
