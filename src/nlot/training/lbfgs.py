"""L-BFGS from many starts: Optimistix's solver, in lanes that are seldom idle."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
from jaxtyping import Array, Bool, Float, Int

Objective = Callable[..., Float[Array, ""]]

# Searches under way on a CPU: more would not fit in its cache.
LANES = 64
# By how much a step may shrink.
_SHORTEST, _LONGEST = 0.1, 0.5


class Minimisers(NamedTuple):
    """Where searches ended, and how.

    `improved` is false for a search that ended at a worse point than its start, and for
    one whose values are NaN.
    """

    value: Float[Array, "n *shape"]
    improved: Bool[Array, " n"]
    converged: Bool[Array, " n"]
    evaluations: Int[Array, " n"]


def minimise(
    objective: Objective,
    starts: Float[Array, "n *shape"],
    *given: Any,
    tolerance: float,
    max_steps: int,
    history: int = 10,
    lanes: int = LANES,
) -> Minimisers:
    """Minimise an objective from each start, in at most `max_steps` evaluations each.

    L-BFGS with backtracking Armijo line search, the same `tolerance` relative and
    absolute. Few searches take many times as long as most: on a CPU, `lanes` of them
    are under way, and one that ends makes room for the next. Other devices take all at
    once.

    **Arguments:** `objective(z, *rows)` of a point and of its rows of `given`, arrays
    that share their leading axis with `starts`.

    Never raises.
    """
    n = len(starts)
    size = min(lanes, n) if jax.default_backend() == "cpu" else n
    solver = _Solver(tolerance, history, starts[0])

    def begin(number: Int[Array, " lanes"]) -> _Lanes:
        z = starts[jnp.minimum(number, n - 1)]
        none = jnp.zeros(size, int)
        return _Lanes(number, z, jax.vmap(solver.begin)(z), none.astype(z.dtype), none)

    def evaluate(carry: tuple[_Lanes, Array, Minimisers]) -> tuple[_Lanes, Array, Any]:
        old, waiting, found = carry
        rows = [a[jnp.minimum(old.number, n - 1)] for a in given]
        z, state, value, converged, failed = jax.vmap(
            lambda z, state, *row: solver.advance(
                lambda a: objective(a, *row), z, state
            )
        )(old.z, old.state, *rows)
        evaluations = old.evaluations + 1
        first = jnp.where(old.evaluations == 0, value, old.first)
        ended = converged | failed | (evaluations >= max_steps)
        result = Minimisers(z, value <= first, converged, evaluations)
        # Those of searches under way and of idle lanes go beyond the end: nowhere.
        place = jnp.where(ended, old.number, n)
        found = jax.tree.map(
            lambda a, b: a.at[place].set(b, mode="drop"), found, result
        )
        turn = jnp.minimum(waiting + jnp.cumsum(ended) - 1, n)
        fresh = begin(jnp.where(ended, turn, old.number))
        under_way = _Lanes(old.number, z, state, first, evaluations)
        new = jax.tree.map(
            lambda a, b: jnp.where(_across(ended, a), a, b), fresh, under_way
        )
        return new, waiting + jnp.sum(ended), found

    no, none = jnp.zeros(n, bool), jnp.zeros(n, int)
    _, _, found = jax.lax.while_loop(
        lambda carry: jnp.any(carry[0].number < n),
        evaluate,
        (begin(jnp.arange(size)), jnp.array(size), Minimisers(starts, no, no, none)),
    )
    return found


class _Lanes(NamedTuple):
    """Searches under way: their numbers, n for an idle lane, and where they are."""

    number: Int[Array, " lanes"]
    z: Float[Array, "lanes *shape"]
    state: Any
    first: Float[Array, " lanes"]
    evaluations: Int[Array, " lanes"]


class _Solver:
    """One search, evaluation by evaluation."""

    def __init__(self, tolerance: float, history: int, like: Array):
        plain: Any = optx.LBFGS(rtol=tolerance, atol=tolerance, history_length=history)
        self._solver: Any = eqx.tree_at(lambda s: s.search, plain, _Interpolating())
        self._tolerance = tolerance
        _, self._static = eqx.partition(self._start(like), eqx.is_array)

    def begin(self, z: Array) -> Any:
        """The state before the first evaluation."""
        return eqx.filter(self._start(z), eqx.is_array)

    def advance(
        self, objective: Objective, z: Array, state: Any
    ) -> tuple[Array, Any, Array, Array, Array]:
        """The best point after another evaluation, the state and the point's value.

        Then whether the search has converged, and whether it has failed.
        """
        stored, tags = _with_stored_gradient(objective), frozenset[object]()
        given: Any = lambda a, _: (stored(a), None), z, None, {}
        z, state, _ = self._solver.step(*given, eqx.combine(state, self._static), tags)
        converged, result = self._solver.terminate(*given, state, tags)
        value, step = state.f_info.f, state.y_eval - z
        # Cauchy's criterion on the next step, before it is tried: near a minimum most
        # are rejected, as values differ by rounding only.
        small = jnp.all(jnp.abs(step) < self._tolerance * (1 + jnp.abs(z)))
        fall = jnp.abs(state.f_info.compute_grad_dot(step))
        converged |= small & (fall < self._tolerance * (1 + jnp.abs(value)))
        failed = (result != optx.RESULTS.successful) | ~jnp.isfinite(value)
        state = eqx.filter(state, eqx.is_array)
        return z, state, value, converged & ~failed, failed

    def _start(self, z: Array) -> Any:
        scalar = jax.ShapeDtypeStruct((), z.dtype)
        return self._solver.init(None, z, None, {}, scalar, None, frozenset())


class _Interpolating(optx.BacktrackingArmijo):
    """Backtracking to the minimum of the parabola through slope and values.

    Nocedal and Wright, Numerical Optimization (2006), section 3.5.
    """

    def step(
        self,
        first_step: Bool[Array, ""],
        y: Array,
        y_eval: Array,
        f_info: Any,
        f_eval_info: Any,
        state: Any,
    ) -> tuple[Array, Array, Any, Any]:
        given = first_step, y, y_eval, f_info, f_eval_info, state
        _, accept, result, plain = super().step(*given)
        slope = f_info.compute_grad_dot(y_eval - y)
        factor = -slope / (2 * (f_eval_info.as_min() - f_info.as_min() - slope))
        # The longest step where the value is NaN.
        factor = jnp.maximum(jnp.where(factor < _LONGEST, factor, _LONGEST), _SHORTEST)
        size = jnp.where(accept, self.step_init, factor * state.step_size)
        return size, accept, result, eqx.tree_at(lambda s: s.step_size, plain, size)


def _across(flags: Bool[Array, " lanes"], like: Array) -> Array:
    """Flags that broadcast over the other axes of an array."""
    return flags.reshape(-1, *(1,) * (like.ndim - 1))


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
