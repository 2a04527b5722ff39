r"""Learns a cost as `monge_cost` does, and fits the potential of its map.

The entropic map shrinks clusters, as it averages over targets. Here the samples are
coupled exactly under the learned cost, which costs no temperature. Each coupled pair
has the slope $∇f(Φ(x_i)) = ∇h(Φ(x_i) - Ψ(y_j))$ of the optimal potential f. A smooth f
is fitted to these (`nlot.discrete.gradient_fit`), and
$T(x) = Ψ^{-1}\{Φ(x) - (∇h)^{-1}(∇f(Φ(x)))\}$.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from nlot.discrete.couplings import exact_plan
from nlot.discrete.gradient_fit import FittedPotential, fit_gradient
from nlot.discrete.learned_cost import LearnedCost
from nlot.methods.monge_cost import training
from nlot.methods.monge_cost.training import Learned
from nlot.methods.monge_cost_plus.config import Config
from nlot.problems.pairs import Outline, Pairs
from nlot.training.progress import Reporter

# Known pairs from which on these alone judge a fit.
_MANY = 5


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
    plan = exact_plan(np.asarray(_costs(cost, x, y), np.float64))[0]
    shares = plan / plan.sum(axis=1, keepdims=True)
    rows, columns = problem.pairs.T
    shares[rows] = 0
    shares[rows, columns] = 1
    weights = np.ones(len(x))
    weights[rows] = config.known_weight
    u, slopes = _slopes(cost, x, y, jnp.asarray(shares, x.dtype))
    judged = rows if len(rows) >= _MANY else np.arange(len(x))
    given = np.asarray(u, np.float64), np.asarray(slopes, np.float64)
    return fit_gradient(*given, weights, judged)


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
) -> tuple[Float[Any, "n d"], Float[Any, "n d"]]:
    """Φ(x), and the mean of ∇h over the partners of each."""
    u, v = cost.inward(x), cost.inward(y, target=True)
    each = jax.vmap(jax.vmap(jax.grad(cost.convex)))
    return u, jnp.einsum("nm,nmd->nd", shares, each(u[:, None] - v))
