r"""Least actions where the cost of motion depends on the distance r from the origin.

Under $L = w(r) |v|^2/2$ the least path lies in the plane of its ends and the origin.
With the angle φ between path and radius, $p = h(r) \sin φ$ is constant along it, $h = r
\sqrt w$ (Clairaut). Angle and length are integrals over r.
"""

from collections.abc import Callable

import numpy as np
import scipy
from jaxtyping import Float

Weight = Callable[[np.ndarray], np.ndarray]
# Gauss-Legendre nodes of an integral, and the relative error of the turning point.
_NODES, _ERROR = 200, 1e-14


def radial_action(
    weight: Weight,
    x: Float[np.ndarray, " d"],
    y: Float[np.ndarray, " d"],
    horizon: float = 1.0,
) -> float:
    """Least action from `x` to `y`, in double precision.

    **Arguments:** w, of an array of radii; the ends, away from the origin; T.

    Raises `ValueError` unless r √w rises from 0 to both ends: only then paths turn
    round at most once, where they are nearest to the origin.
    """
    near, far = sorted(float(np.linalg.norm(z)) for z in (x, y))
    cosine = float(np.dot(x, y)) / (near * far)
    angle = float(np.arccos(np.clip(cosine, -1, 1)))
    radii = np.linspace(0, far, _NODES + 1)[1:]
    if np.any(np.diff(radii * np.sqrt(weight(radii))) <= 0):
        raise ValueError(f"r √w(r) does not rise from 0 to {far:g}")
    # Beyond the angle at which its nearer end is the turn, a path has two legs.
    turns = angle > _along(weight, near, near, far)[0]

    def path(turn: float) -> tuple[float, float]:
        legs = [(turn, near), (turn, far)] if turns else [(near, far)]
        angles, lengths = zip(
            *(_along(weight, turn, *leg) for leg in legs), strict=True
        )
        return sum(angles), sum(lengths)

    turn = _root(lambda r: path(r)[0] - angle, near)
    length = path(turn)[1]
    return length**2 / (2 * horizon)


def _root(excess: Callable[[float], float], most: float) -> float:
    least = 1e-9 * most
    if excess(least) * excess(most) > 0:
        # Straight along the radius, or through the origin.
        return least if abs(excess(least)) < abs(excess(most)) else most
    return float(scipy.optimize.brentq(excess, least, most, xtol=_ERROR, rtol=_ERROR))


def _along(
    weight: Weight, turn: float, start: float, end: float
) -> tuple[float, float]:
    r"""Angle and length from radius `start` to `end` of the path that turns at `turn`.

    $\int p / (r \sqrt{h^2 - p^2}) dr$ and $\int \sqrt w h / \sqrt{h^2 - p^2} dr$ with
    p = h(turn). With $r = turn \cosh s$ both integrands are smooth, however small the
    radius of the turn.
    """
    if end == start:
        return 0.0, 0.0
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    low, high = (float(np.arccosh(radius / turn)) for radius in (start, end))
    s = low + (high - low) * (nodes + 1) / 2
    r = turn * np.cosh(s)
    root = np.sqrt(weight(r))
    p = turn * float(np.sqrt(weight(np.array([turn])))[0])
    squared = (r * root) ** 2 - p**2
    # At the turning point both vanish; nodes are never there.
    measure = weights * (high - low) / 2 * turn * np.sinh(s) / np.sqrt(squared)
    return float(measure @ (p / r)), float(measure @ (root * r * root))
