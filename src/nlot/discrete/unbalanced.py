r"""Entropic transport between samples of which mass may be lost and gained.

The plan minimises $\sum_{ij} P_{ij} |x_i - y_j|^2 + ε\, \mathrm{KL}(P | a ⊗ b) + r\,
\mathrm{KL}(P 1 | a) + r\, \mathrm{KL}(P^\top 1 | b)$ with equal weights a and b (Chizat
et al., 2018). A large r conserves mass.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from nlot.discrete.couplings import squared_distances

# Sinkhorn's iteration ends where marginals are this close, or after so many steps.
_TOLERANCE, _STEPS = 1e-3, 5000
# Of an exponent.
_DIGITS = 6


class Coupled(NamedTuple):
    r"""A plan between n and m samples, by its dual variables.

    **Attributes:** `f` and `g`, with $P_{ij} = a_i b_j e^{(f_i + g_j - C_{ij})/ε}$;
    `lost`, log a/P1, and `gained`, log b/Pᵀ1, zero where mass is conserved; whether
    Sinkhorn's iteration converged.
    """

    f: Float[np.ndarray, " n"]
    g: Float[np.ndarray, " m"]
    lost: Float[np.ndarray, " n"]
    gained: Float[np.ndarray, " m"]
    converged: bool


def coupled(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "m d"],
    epsilon: float,
    relaxation: float,
) -> Coupled:
    """The plan between `x` and `y`; ε and r are squared lengths, r may be infinite."""
    # OTT's divergence of P is from equal masses of one, and not from a ⊗ b.
    n, m = len(x), len(y)
    costs = squared_distances(x, y) / epsilon + np.log(n * m)
    # OTT's exponent of a marginal's error; rounded, as each takes compiling.
    tau = 1.0 if np.isinf(relaxation) else relaxation / (relaxation + epsilon)
    tau = round(tau, _DIGITS)
    found = _solved(jnp.asarray(costs, jnp.float32), tau)
    f, g = (epsilon * np.asarray(z, np.float64) for z in found[:2])
    if tau == 1.0:
        lost, gained = np.zeros(n), np.zeros(m)
    else:
        lost, gained = f / relaxation, g / relaxation
    return Coupled(f, g, lost, gained, bool(found[2]))


@partial(jax.jit, static_argnames="tau")
def _solved(
    costs: Float[Array, "n m"], tau: float
) -> tuple[Float[Array, " n"], Float[Array, " m"], Bool[Array, ""]]:
    # Takes a second.
    from ott.geometry.geometry import Geometry
    from ott.problems.linear.linear_problem import LinearProblem
    from ott.solvers.linear.sinkhorn import Sinkhorn

    # In units of ε.
    geometry = Geometry(cost_matrix=costs, epsilon=1.0)
    solve = Sinkhorn(threshold=_TOLERANCE, max_iterations=_STEPS)
    found = solve(LinearProblem(geometry, tau_a=tau, tau_b=tau))
    return found.f, found.g, jnp.asarray(found.converged)
