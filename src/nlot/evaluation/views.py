r"""One problem, four views: values that agree where map, potential and paths are best.

For a harmonic Lagrangian $|v|^2/2 + ω^2|x|^2/2$ the cost $c_s(x, y)$ of any time s is
known (`nlot.costs.closed_forms`), and so are the optimal map T* between some measures
and the optimal cost. At the optimum, it is

- the cost of the map (Monge), $E[c_T(x, T(x))]$;
- the dual value of the potential (Kantorovich), $E[g^c(x)] + E[g(y)]$;
- the action along the paths (Benamou and Brenier), by their velocities.

All are compared with c_T(x, T*(x)) at the same points x. Between the measures, the
potential's Hopf-Lax evolution $u(z, t) = \min_y c_{T-t}(z, y) - g(y)$ solves the
Hamilton-Jacobi equation $∂_t u = |∇u|^2/2 - ω^2|z|^2/2$, and the paths follow its
gradient, $\dot γ = -∇u(γ(t), t)$.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float

from nlot.costs.closed_forms import AbstractClosedForm, harmonic_action, harmonic_path
from nlot.discrete.couplings import assign
from nlot.evaluation.registry import Value, measure
from nlot.evaluation.transport_case import TransportCase

# Fractions of the horizon at which potential and velocities are looked at, and steps of
# central differences: of time as a fraction of it, of space as one of the largest
# standard deviation of the target.
_TIMES = np.array([0.25, 0.5, 0.75])
_STEP = 0.02
# Round the images, as a fraction of their extent.
_ROOM = 0.25
# The middle, where interpolations are compared.
_HALF = 0.5
_PERCENT = 100.0

Points = Float[np.ndarray | Array, "n d"]


@measure(
    "monge",
    "Cost of the map (Monge) over the optimal one, percent",
    2,
    needs=["map", "known_costs"],
)
def monge(case: TransportCase) -> Value:
    """Deviation of the mean cost of the map."""
    x, y = case.ends
    return _deviation(case, _costs(case, x, y))


@measure(
    "kantorovich",
    "Dual value (Kantorovich) over the optimal cost, percent",
    2,
    needs=["dual", "map", "known_costs"],
)
def kantorovich(case: TransportCase) -> Value:
    """Deviation of the potential's dual value; negative but for errors of the paths."""
    x, _ = case.ends
    best = jnp.asarray(_form(case).map(x), jnp.float32)
    return _deviation(case, case.subject.dual(x) + case.subject.potential(best))


@measure(
    "benamou_brenier",
    "Action along the paths (Benamou, Brenier) over the optimal cost, percent",
    2,
    needs=["own_paths", "known_costs"],
)
def benamou_brenier(case: TransportCase) -> Value:
    """Deviation of the mean action along the paths."""
    return _deviation(case, case.own_paths.action)


@measure(
    "interpolation",
    "Costs from both ends to the middle over the optimal ones, percent",
    2,
    needs=["paths", "known_costs"],
    note="Costs to the middle: of optimal couplings of the points in the middle of the "
    "paths with both ends; the larger deviation of the two.",
)
def interpolation(case: TransportCase) -> Value:
    """Whether the measure in between is at the right distance from both ends."""
    x, y = case.ends
    half = _HALF * case.problem.horizon
    middle = _positions(case, x, np.array([half]))[:, 0]
    best = _form(case).map(x)
    known = _along(case, x, best, half)
    found = [
        _coupled(case, x, middle, half) / _costs(case, x, known, half).mean(),
        _coupled(case, middle, y, half) / _costs(case, known, best, half).mean(),
    ]
    return _PERCENT * max((value - 1 for value in found), key=abs), len(x)


@measure(
    "velocity_error",
    "Velocities against the potential's gradient, percent",
    2,
    needs=["paths", "potential_gradient", "known_costs"],
    note="Velocities: root mean square difference of the paths' velocities from the "
    "gradient of the potential's Hopf-Lax evolution, in percent of theirs.",
)
def velocity_error(case: TransportCase) -> Value:
    """How far the paths are from following the gradient of the potential."""
    x, y = case.ends
    horizon = case.problem.horizon
    step = _STEP * horizon
    wrong, size = [], []
    for time in _TIMES * horizon:
        before, z, after = np.moveaxis(
            _positions(case, x, time + step * np.array([-1, 0, 1])), 1, 0
        )
        speed = (after - before) / (2 * step)
        end = _evolved(case, z, time, y)[1]
        slope = -_gradients(case, z, end, horizon - time)
        wrong.append(((speed - slope) ** 2).sum(1).mean())
        size.append((speed**2).sum(1).mean())
    return _PERCENT * float(np.sqrt(np.mean(wrong) / np.mean(size))), len(x)


@measure(
    "hamilton_jacobi",
    "Residual of the Hamilton-Jacobi equation, percent",
    2,
    needs=["paths", "potential_gradient", "known_costs"],
    note="Residual: of the potential's Hopf-Lax evolution, by central differences on "
    "the paths; root mean square, in percent of the mean kinetic energy.",
)
def hamilton_jacobi(case: TransportCase) -> Value:
    """Root mean square residual of the Hamilton-Jacobi equation on the paths."""
    x, y = case.ends
    wrong, kinetic = [], []
    for time in _TIMES * case.problem.horizon:
        z = _positions(case, x, np.array([time]))[:, 0]
        residual, energy = _residual(case, z, time, y)
        wrong.append(np.mean(residual**2))
        kinetic.append(np.mean(energy))
    return _PERCENT * float(np.sqrt(np.mean(wrong)) / np.mean(kinetic)), len(x)


def _residual(
    case: TransportCase, z: Points, time: float, start: Points
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """That of the Hamilton-Jacobi equation, and |∇u|²/2."""
    late = _STEP * case.problem.horizon
    covariance = np.asarray(case.problem.target.covariance)
    far = _STEP * float(np.sqrt(np.linalg.eigvalsh(covariance)[-1]))

    def change(away: Any, later: float) -> Float[np.ndarray, " n"]:
        """Of u, from one side of z and the time to the other."""
        after, before = (
            _evolved(case, z + sign * away, time + sign * later, start)[0]
            for sign in (1, -1)
        )
        return after - before

    rise = change(0.0, late) / (2 * late)
    slope = [change(far * e, 0.0) / (2 * far) for e in np.eye(z.shape[1])]
    energy = np.sum(np.square(slope), axis=0) / 2
    potential = _form(case).omega ** 2 * np.sum(z**2, axis=1) / 2
    return rise - energy + potential, energy


def _form(case: TransportCase) -> AbstractClosedForm:
    form = case.closed_form
    assert isinstance(form, AbstractClosedForm)
    return form


def _deviation(case: TransportCase, values: Float[Array | np.ndarray, " n"]) -> Value:
    """That of a mean from the optimal cost of the same points, in percent."""
    x, _ = case.ends
    best = _costs(case, x, _form(case).map(x)).mean()
    return _PERCENT * (float(np.mean(np.asarray(values))) / float(best) - 1), len(x)


def _costs(
    case: TransportCase, x: Points, y: Points, duration: float | None = None
) -> Float[np.ndarray, " n"]:
    """Costs of a time, by default the horizon, in double precision."""
    return _of_pairs(_action, case, x, y, duration or case.problem.horizon)


def _gradients(case: TransportCase, x: Points, y: Points, duration: float) -> Points:
    """Gradients of costs in x."""
    return _of_pairs(_slope, case, x, y, duration)


def _along(case: TransportCase, x: Points, y: Points, time: float) -> Points:
    """Positions on the paths of least action."""
    path = partial(_path, time=time)
    return _of_pairs(path, case, x, y, case.problem.horizon)


def _of_pairs(
    function: Callable[..., Array], case: TransportCase, x: Any, y: Any, duration: float
) -> np.ndarray:
    with jax.enable_x64(True):
        ends = (jnp.asarray(np.asarray(z, np.float64)) for z in (x, y))
        omega = _form(case).omega
        return np.asarray(function(*ends, omega=omega, horizon=float(duration)))


_compiled = partial(jax.jit, static_argnames=("omega", "horizon"))


@_compiled
def _action(x: Array, y: Array, omega: float, horizon: float) -> Array:
    return jax.vmap(partial(harmonic_action, omega=omega, horizon=horizon))(x, y)


@_compiled
def _slope(x: Array, y: Array, omega: float, horizon: float) -> Array:
    return jax.grad(lambda z: jnp.sum(_action(z, y, omega, horizon)))(x)


@_compiled
def _path(x: Array, y: Array, omega: float, horizon: float, time: Array) -> Array:
    path = partial(harmonic_path, time=time, omega=omega, horizon=horizon)
    return jax.vmap(path)(x, y)


def _positions(
    case: TransportCase, x: Array, times: Float[np.ndarray, " times"]
) -> Float[np.ndarray, "n times d"]:
    """Positions on the subject's paths, in double precision."""
    return np.asarray(case.subject.path(x, times), np.float64)


def _coupled(case: TransportCase, x: Points, y: Points, duration: float) -> float:
    """Mean cost of the optimal coupling of two samples."""
    x, y = (np.asarray(z, np.float64) for z in (x, y))
    rows = np.repeat(x, len(y), 0), np.tile(y, (len(x), 1))
    costs = _costs(case, *rows, duration).reshape(len(x), len(y))
    order, _ = assign(costs)
    return float(costs[np.arange(len(x)), order].mean())


def _evolved(
    case: TransportCase, z: Points, time: float, start: Points
) -> tuple[Float[np.ndarray, " n"], Points]:
    """Values of u at a time, and the minimisers y, searched from `start`.

    They are sought in a box round these points: further out nothing was learned, and
    with any set of y the equation holds.
    """
    rest = case.problem.horizon - time
    low, high = start.min(0), start.max(0)
    room = _ROOM * (high - low)
    box = [np.tile(edge, len(z)) for edge in (low - room, high + room)]

    def values(y: Points) -> tuple[np.ndarray, Points]:
        ends = jnp.asarray(y, jnp.float32)
        g = np.asarray(case.subject.potential(ends), np.float64)
        slope = np.asarray(case.subject.potential_gradient(ends), np.float64)
        # c is symmetric.
        return _costs(case, z, y, rest) - g, _gradients(case, y, z, rest) - slope

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = values(flat.reshape(z.shape))
        return float(value.sum()), np.ravel(gradient)

    found = scipy.optimize.minimize(
        objective,
        np.asarray(start, np.float64).ravel(),
        jac=True,
        method="L-BFGS-B",
        bounds=scipy.optimize.Bounds(*box),
    )
    y = found.x.reshape(z.shape)
    return values(y)[0], y
