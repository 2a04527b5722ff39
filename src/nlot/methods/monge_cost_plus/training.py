r"""Learns a cost as `monge_cost` does, and fits the potential of its map.

The entropic map shrinks clusters, as it averages over targets. Here the samples are
coupled exactly under the learned cost, which costs no temperature. Where that does not
find the known pairs, samples are no images of each other, and their matching would be
noise: the entropic plan couples them. Each coupled pair has the slope
$∇f(Φ(x_i)) = ∇h(Φ(x_i) - Ψ(y_j))$ of the optimal potential f. A smooth f is fitted to
these (`nlot.discrete.gradient_fit`), with errors measured as those of the images in
first order, and $T(x) = Ψ^{-1}\{Φ(x) - (∇h)^{-1}(∇f(Φ(x)))\}$.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from nlot.discrete.couplings import exact_plan
from nlot.discrete.gradient_fit import FittedPotential, fit_gradient
from nlot.discrete.learned_cost import LearnedCost, solved
from nlot.methods.monge_cost import training
from nlot.methods.monge_cost.training import Learned
from nlot.methods.monge_cost_plus.config import Config
from nlot.problems.pairs import Outline, Pairs
from nlot.training.progress import Reporter

# Known pairs from which on these alone judge a fit.
_MANY = 5
# Share of the known pairs that exact transport must find by itself.
_RIGHT = 0.9


class Fitted(eqx.Module):
    """A learned cost, and the potential of its map."""

    learned: Learned
    potential: FittedPotential


def build(problem: Pairs | Outline, config: Config, *, key: PRNGKeyArray) -> Fitted:
    """The cost before training, and a potential that is zero."""
    learned = training.build(problem, config, key=key)
    n, d = learned.x.shape
    potential = FittedPotential(
        jnp.zeros(d), jnp.zeros((d, d)), jnp.zeros((n, d)), jnp.zeros(n), jnp.zeros(())
    )
    return Fitted(learned, potential)


def train(
    problem: Pairs, config: Config, key: PRNGKeyArray, report: Reporter
) -> tuple[Fitted, list[dict[str, Any]]]:
    """Learn both; arguments, results and errors are those in `nlot.methods`."""
    learned, history = training.train(problem, config, key, report)
    with report.busy("fitting the potential"):
        return Fitted(learned, _potential(problem, config, learned)), history


def _potential(problem: Pairs, config: Config, learned: Learned) -> FittedPotential:
    cost, x, y = learned.cost, learned.x, learned.y
    rows, columns = problem.pairs.T
    plan = exact_plan(np.asarray(_costs(cost, x, y), np.float64))[0]
    shares = plan / plan.sum(axis=1, keepdims=True)
    if not len(rows) or np.mean(shares[rows, columns]) < _RIGHT:
        plan = _entropic_plan(learned, config.temperature.end)
        shares = plan / plan.sum(axis=1, keepdims=True)
    shares[rows] = 0
    shares[rows, columns] = 1
    weights = np.ones(len(x))
    weights[rows] = config.known_weight
    found = _slopes(cost, x, y, jnp.asarray(shares, x.dtype))
    u, slopes, units = (np.asarray(part, np.float64) for part in found)
    judged = rows if len(rows) >= _MANY else np.arange(len(x))
    return fit_gradient(u, slopes, weights, judged, units)


def _entropic_plan(learned: Learned, relative: float) -> Float[np.ndarray, "n m"]:
    """That between the samples."""
    with jax.enable_x64(True):
        given = learned.cost, learned.x, learned.y, relative
        dual = learned.dual.astype(float)
        return np.array(eqx.filter_jit(solved)(*given, dual).plan)


@eqx.filter_jit
def _costs(
    cost: LearnedCost, x: Float[Any, "n d"], y: Float[Any, "m d"]
) -> Float[Any, "n m"]:
    return cost(x, y)


@eqx.filter_jit
def _slopes(
    cost: LearnedCost,
    x: Float[Any, "n d"],
    y: Float[Any, "m d"],
    shares: Float[Any, "n m"],
) -> tuple[Float[Any, "n d"], Float[Any, "n d"], Float[Any, "n d d"]]:
    """Φ(x), the mean of ∇h over the partners of each, and the image's derivative in it.

    That of $Ψ^{-1}(u - (∇h)^{-1}(p))$ in p, reversed.
    """
    u, v = cost.inward(x), cost.inward(y, target=True)
    each = jax.vmap(jax.vmap(jax.grad(cost.convex)))
    slopes = jnp.einsum("nm,nmd->nd", shares, each(u[:, None] - v))
    ends = shares @ v
    units = jax.vmap(lambda z: jnp.linalg.inv(jax.hessian(cost.convex)(z)))(u - ends)
    flow = cost.after or cost.before
    if flow is not None:
        units = jax.vmap(jax.jacfwd(flow.inverse))(ends) @ units
    return u, slopes, units
