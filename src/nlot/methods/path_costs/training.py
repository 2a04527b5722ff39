r"""`path_costs`: optimal transport costs of least actions, between all pairs of clouds.

$D_{ij} = \min_π \sum_{ab} π_{ab}\, c(x^i_a, x^j_b)$ over couplings π of the clouds with
equal weights, where c is the least action between two points: a squared length over
2T, for a metric. Nothing is learned. Couplings are exact
(`nlot.discrete.couplings.exact_plan`), least actions as exact as their solver
(`nlot.methods.path_costs.pricing`).

A step prices the points of one cloud against those of all later clouds: in the plane
one wave front from a point serves them all. Checkpoints are between steps.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from nlot.discrete.couplings import exact_plan
from nlot.methods.path_costs.config import Config
from nlot.methods.path_costs.pricing import Price, pricing
from nlot.problems.collection import Collection, Outline
from nlot.training.loop import Log, run_chunks
from nlot.training.progress import Reporter


class Dissimilarities(eqx.Module):
    """A symmetric matrix, and what single precision leaves out of it."""

    single: Float[Array, "k k"]
    rest: Float[Array, "k k"]

    @classmethod
    def of(cls, matrix: Float[np.ndarray, "k k"]) -> "Dissimilarities":
        """Those of a matrix in double precision."""
        single = matrix.astype(np.float32)
        return cls(jnp.asarray(single), jnp.asarray(matrix - single, jnp.float32))

    @property
    def matrix(self) -> Float[np.ndarray, "k k"]:
        """The matrix, to 48 bits."""
        return np.asarray(self.single, np.float64) + np.asarray(self.rest)


class Found(NamedTuple):
    """A matrix of which the rows and columns of the first `done` clouds are found."""

    matrix: Float[np.ndarray, "k k"]
    done: Int[np.ndarray, ""]


def build(
    problem: Collection | Outline, config: Config, *, key: PRNGKeyArray
) -> Dissimilarities:
    """The matrix before anything is found."""
    k = len(problem.names)
    return Dissimilarities(jnp.zeros((k, k)), jnp.zeros((k, k)))


def train(
    problem: Collection, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Dissimilarities, list[dict[str, Any]]]:
    """Find the matrix; arguments and results are those in `nlot.methods`.

    The history has, for each cloud, the mean of its dissimilarities to later ones and
    the share of path searches that converged. Raises `DivergenceError` for a cost that
    is not finite, and `ValueError` for a metric that the solver cannot use.
    """
    price = pricing(problem, config, report.say)
    steps = len(problem.names) - 1
    report.start(steps, 1)
    found = run_chunks(
        lambda state, n: _advance(problem.clouds, price, state, n),
        Found(np.zeros((steps + 1, steps + 1)), np.array(0)),
        phase="clouds",
        steps=steps,
        chunk=1,
        report=report,
    )
    return Dissimilarities.of(found.matrix), report.history


def _advance(
    clouds: tuple[Float[np.ndarray, "_ d"], ...],
    price: Price,
    state: Found,
    steps: int,
) -> tuple[Found, Log]:
    """The rows of the next clouds."""
    matrix, done, log = state.matrix.copy(), int(state.done), list[tuple[float, ...]]()
    for i in range(done, done + steps):
        later = clouds[i + 1 :]
        cost, converged = price(clouds[i], np.concatenate(later))
        ends = np.cumsum([len(cloud) for cloud in later])[:-1]
        # The solver of couplings does not notice what is not finite.
        finite = np.isfinite(cost).all()
        for j, part in enumerate(np.split(cost, ends, axis=1), start=i + 1):
            value = exact_plan(np.ascontiguousarray(part))[2] if finite else np.nan
            matrix[i, j] = matrix[j, i] = value
        log.append((matrix[i, i + 1 :].mean(), converged))
    means, shares = map(jnp.asarray, np.array(log).T)
    state = Found(matrix, np.array(done + steps))
    return state, {"dissimilarity": means, "converged": shares}
