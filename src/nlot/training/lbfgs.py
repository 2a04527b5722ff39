"""Batched L-BFGS: `optimistix.minimise` on objectives that share large constants."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Float

Objective = Callable[[Float[Array, "..."]], Float[Array, ""]]


def minimise(
    objective: Objective,
    start: Float[Array, "..."],
    *,
    tolerance: float,
    max_steps: int,
    history: int = 10,
) -> optx.Solution:
    """Minimise `objective` from `start`, in at most `max_steps` evaluations.

    L-BFGS with backtracking Armijo line search, the same `tolerance` relative and
    absolute. It never raises: see `Solution.result`.
    """
    stored = _with_stored_gradient(objective)
    return optx.minimise(
        lambda z, _: stored(z),
        optx.LBFGS(rtol=tolerance, atol=tolerance, history_length=history),
        start,
        max_steps=max_steps,
        throw=False,
    )


def _with_stored_gradient(objective: Objective) -> Objective:
    """The same function, with a linearisation that holds only its gradient.

    Optimistix transposes the linearisation inside a conditional. Under `vmap` all that
    a conditional closes over is copied for every lane: without this, the weights of
    every network in the objective (measured: 3.5 times slower for 512 lanes).
    """

    @jax.custom_jvp
    def stored(z: Array) -> Array:
        return objective(z)

    @stored.defjvp
    def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        value, gradient = jax.value_and_grad(objective)(*primals)
        return value, jnp.sum(gradient * tangents[0])

    return stored
