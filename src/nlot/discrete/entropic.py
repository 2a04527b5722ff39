r"""Entropic optimal transport between samples, and the maps that follow from it.

Between n and m points of weights 1/n and 1/m, for a cost C and temperature ε, the plan
is $P_{ij} = \exp\{(f_i + g_j - C_{ij})/ε\}$ with the f and g for which its rows and
columns have these sums. OTT's Sinkhorn finds them.
"""

from typing import Any, NamedTuple, cast

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Bool, Float
from ott.geometry.geometry import Geometry
from ott.problems.linear.linear_problem import LinearProblem
from ott.solvers.linear.sinkhorn import Sinkhorn

from nlot.costs.convex import AbstractConvex
from nlot.costs.legendre import inverse_gradient

# Largest sum of errors of the plan's row sums at which Sinkhorn's iteration ends, and
# its most steps.
_TOLERANCE, _STEPS = 1e-9, 20_000
# Added to the eigenvalues of the linear system of derivatives, as a fraction of the
# largest: where each point has one partner, f_i + g_j alone is determined.
_RIDGE = 1e-13


class Duals(NamedTuple):
    """The dual variables f, g, and whether the iteration for them converged."""

    f: Float[Array, " n"]
    g: Float[Array, " m"]
    converged: Bool[Array, ""]


def entropic_duals(
    cost: Float[Array, "n m"],
    epsilon: Float[Array, ""] | float,
    start: tuple[Float[Array, " n"], Float[Array, " m"]] | None = None,
) -> Duals:
    r"""The dual variables of entropic transport, differentiable in cost and ε.

    One step of Newton's method follows Sinkhorn's iteration, which is not
    differentiated: the derivative of that step is the one of the solution (implicit
    function theorem).

    **Arguments:** C in double precision, ε, and dual variables to start from, such as
    those of a similar cost.
    """
    still, temperature = jax.lax.stop_gradient((cost, jnp.asarray(epsilon)))
    # OTT's annotations leave out arrays.
    geometry = Geometry(cost_matrix=still, epsilon=cast(Any, temperature))
    solver = Sinkhorn(threshold=_TOLERANCE, max_iterations=_STEPS)
    found = solver(LinearProblem(geometry), init=start)
    f, g = jax.lax.stop_gradient((found.f, found.g))
    step = _newton(cost, epsilon, f, g)
    converged = jnp.asarray(found.converged)
    return Duals(f + step[: len(f)], g + step[len(f) :], converged)


def _newton(
    cost: Float[Array, "n m"],
    epsilon: Float[Array, ""] | float,
    f: Float[Array, " n"],
    g: Float[Array, " m"],
) -> Float[Array, " duals"]:
    """The step to the zero of the errors of the plan's sums, linearised at f and g."""
    n, m = cost.shape
    plan = jnp.exp((f[:, None] + g - cost) / epsilon)
    rows, columns = plan.sum(axis=1), plan.sum(axis=0)
    errors = jnp.concatenate([rows - 1 / n, columns - 1 / m])
    slopes = jnp.block([[jnp.diag(rows), plan], [plan.T, jnp.diag(columns)]])
    # f + t and g - t give the same plan.
    same = jnp.concatenate([jnp.full(n, 1 / n), jnp.full(m, -1 / m)])
    slopes += jnp.outer(same, same) + _RIDGE * jnp.eye(n + m) / n
    slopes = jax.lax.stop_gradient(slopes / epsilon)
    return -jax.scipy.linalg.solve(slopes, errors, assume_a="pos")


class EntropicMap(eqx.Module):
    r"""The map of displacement $(∇h)^{-1}(∇\hat f)$ from the duals of a cost h(x - y).

    $\hat f(x) = -ε \log \frac{1}{m} \sum_j \exp\{(g_j - h(x - y_j))/ε\}$ extends f to
    all x, up to a constant (Pooladian and Niles-Weed, 2021; Cuturi et al., 2023).

    **Attributes:** h, the target's points of shape `(m, d)`, g and ε.
    """

    cost: AbstractConvex
    y: Float[Array, "m d"]
    dual: Float[Array, " m"]
    epsilon: Float[Array, ""] | float

    def __call__(
        self, x: Float[Array, " d"]
    ) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """The image of one point, and whether the inverse of ∇h was found there."""
        apart = x - self.y
        logits = (self.dual - jax.vmap(self.cost)(apart)) / self.epsilon
        share = jnp.exp(logits - logsumexp(logits))
        slope = share @ jax.vmap(jax.grad(self.cost))(apart)
        # The mean displacement is the answer where h is quadratic.
        step, found = inverse_gradient(self.cost, slope, share @ apart)
        return x - step, found


def displacement_costs(
    cost: AbstractConvex, x: Float[Array, "n d"], y: Float[Array, "m d"]
) -> Float[Array, "n m"]:
    """h(x[i] - y[j]) at [i, j]."""
    return jax.vmap(lambda a: jax.vmap(lambda b: cost(a - b))(y))(x)
