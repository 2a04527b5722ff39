r"""Optimal maps, costs and paths that are known in closed form.

A harmonic Lagrangian is $L = |v|^2/2 + ω^2 |x|^2/2$: a well, or the Euclidean
Lagrangian if ω = 0. Its cost is $-k\, x·y$, k > 0, plus terms in x alone and y alone.
For every ω the optimal map is therefore Brenier's, the gradient of a convex function:
only the paths and the cost depend on the well. The map is known

- on the line, as the only increasing map, $T = G^{-1} ∘ F$ with the cumulative
  distribution functions of source and target (Peyré and Cuturi, Computational optimal
  transport, 2019, remark 2.30);
- between two Gaussians, as $T(x) = m_2 + A (x - m_1)$ with
  $A = Σ_1^{-1/2} (Σ_1^{1/2} Σ_2 Σ_1^{1/2})^{1/2} Σ_1^{-1/2}$ (remark 2.31);
- between two axis-parallel boxes, by the same formula with diagonal A.

Under densities that are round about the origin it is known between round Gaussians, too
(`nlot.costs.radial_maps`).

Maps and costs are computed in double precision.
"""

import abc
import math
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float

from nlot.costs.lagrangians import AbstractLagrangian, Newtonian
from nlot.costs.potentials import Well
from nlot.costs.radial_maps import RadialMap, radial_map
from nlot.measures.distributions import (
    AbstractMeasure,
    Gaussian,
    GaussianMixture,
    Uniform,
)

# Beyond eight standard deviations a Gaussian has less mass than rounding errors.
_TAIL, _NODES = 8.0, 8001


def harmonic_action(
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    omega: float,
    horizon: float = 1.0,
) -> Float[Array, ""]:
    r"""Least action from `x` to `y` in time T = `horizon` under a harmonic Lagrangian.

    $c(x, y) = \frac{ω}{2 \sinh ωT} \{(|x|^2 + |y|^2) \cosh ωT - 2 x·y\}$ (Feynman and
    Hibbs, 1965, problem 2-2, at an imaginary frequency), $|y-x|^2/2T$ where ω = 0.
    """
    separate, mixed = _weights(omega, horizon)
    return separate * (jnp.sum(x**2) + jnp.sum(y**2)) - mixed * jnp.sum(x * y)


def harmonic_path(
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    time: Float[Array, ""] | float,
    omega: float,
    horizon: float = 1.0,
) -> Float[Array, " d"]:
    r"""Position at `time` t in [0, T] on the path of least action.

    $γ(t) = \{x \sinh ω(T - t) + y \sinh ωt\} / \sinh ωT$, a straight line where ω = 0.
    """
    if omega == 0:
        return x + time / horizon * (y - x)
    rise, fall = jnp.sinh(omega * time), jnp.sinh(omega * (horizon - time))
    return (fall * x + rise * y) / math.sinh(omega * horizon)


def bridge_clock(
    times: Float[np.ndarray, " times"], omega: float, horizon: float = 1.0
) -> tuple[Float[np.ndarray, " times"], Float[np.ndarray, " times"]]:
    r"""The noise of a bridge under a harmonic Lagrangian, as r(t) W(τ(t)).

    Of ε = 1, about the path of least action, with a Brownian motion W. Its covariance
    at s ≤ t is $r(s) r(t) τ(s) = \sinh ωs \sinh ω(T - t) / (ω \sinh ωT)$, Green's
    function of $-d^2/dt^2 + ω^2$ on [0, T]; $s (T - t)/T$, a Brownian bridge, where
    ω = 0.

    **Arguments:** times in [0, T], where r and τ are returned.
    """
    left = horizon - times
    if omega == 0:
        size, early, scale = left, times, horizon
    else:
        size, early = np.sinh(omega * left), np.sinh(omega * times)
        scale = omega * math.sinh(omega * horizon)
    # At the end there is no noise, whatever τ.
    over = left <= 0
    clock = early / (scale * np.where(over, 1.0, size))
    return size, np.where(over, np.max(np.where(over, 0.0, clock), initial=0.0), clock)


def circle_action(
    x: Float[Array, "2"],
    y: Float[Array, "2"],
    floor: float,
    horizon: float = 1.0,
) -> Float[Array, ""]:
    r"""Least action from `x` to `y` under `nlot.costs.metrics.CircleMetric(floor)`.

    In polar coordinates the metric is $dr^2 + ε r^2 dθ^2$, that of a cone which unrolls
    to a flat sector: $c = \{r_x^2 + r_y^2 - 2 r_x r_y \cos(\sqrt ε α)\}/2T$, where
    α ≤ π is the angle between the two and ε ≤ 1 is `floor`.
    """
    cross, along = x[0] * y[1] - x[1] * y[0], jnp.sum(x * y)
    angle = jnp.abs(jnp.arctan2(cross, along))
    radii = jnp.linalg.norm(x) * jnp.linalg.norm(y)
    chord = jnp.sum(x**2) + jnp.sum(y**2) - 2 * radii * jnp.cos(floor**0.5 * angle)
    return chord / (2 * horizon)


def power_action(
    x: Float[Array, " d"],
    y: Float[Array, " d"],
    exponent: float,
    horizon: float = 1.0,
) -> Float[Array, ""]:
    r"""Least action from `x` to `y` under $L = |x|^{2k} |v|^2/2$, k = `exponent` ≥ -1.

    In polar coordinates lengths are those of a cone: with m = k + 1 and the angle θ
    between the two, $c = \{r^{2m} + q^{2m} - 2 r^m q^m \cos \min(mθ, π)\} / 2 m^2 T$.
    Beyond mθ = π paths lead through the origin. For k = -1 it is a cylinder,
    $c = \{\log^2(r/q) + θ^2\} / 2T$.
    """
    r, q = jnp.linalg.norm(x), jnp.linalg.norm(y)
    cosine = jnp.sum(x * y) / (r * q)
    angle = jnp.arccos(jnp.clip(cosine, -1, 1))
    m = exponent + 1
    if m == 0:
        return (jnp.log(r / q) ** 2 + angle**2) / (2 * horizon)
    a, b, turn = r**m, q**m, jnp.cos(jnp.minimum(m * angle, jnp.pi))
    return (a**2 + b**2 - 2 * a * b * turn) / (2 * m**2 * horizon)


def frequency(lagrangian: AbstractLagrangian) -> float | None:
    r"""The ω of a harmonic Lagrangian; None for any other.

    $L = |v|^2/2 + s M |x|^2$ of a well has $ω = \sqrt{2 s M}$.
    """
    if not isinstance(lagrangian, Newtonian):
        return None
    if lagrangian.potential is None:
        return 0.0
    if not isinstance(lagrangian.potential, Well):
        return None
    return math.sqrt(2 * lagrangian.potential_scale * lagrangian.potential.strength)


@dataclass(frozen=True)
class AbstractClosedForm(abc.ABC):
    """The optimal map from source to target, and its cost.

    `omega` is that of the harmonic Lagrangian, `horizon` T, the duration of a path.
    """

    source: AbstractMeasure
    target: AbstractMeasure
    omega: float
    horizon: float

    @abc.abstractmethod
    def map(self, x: Float[np.ndarray | Array, "n d"]) -> Float[np.ndarray, "n d"]:
        """Images of the points `x` of shape `(n, d)`, in double precision."""

    @property
    @abc.abstractmethod
    def product(self) -> float:
        """The mean of x·T(x) over the source."""

    @property
    def cost(self) -> float:
        """The optimal cost: the mean of c(x, T(x)) over the source."""
        squares = sum(
            np.trace(_double(m.covariance)) + np.sum(_double(m.mean) ** 2)
            for m in (self.source, self.target)
        )
        separate, mixed = _weights(self.omega, self.horizon)
        return float(separate * squares - mixed * self.product)


class Affine(AbstractClosedForm):
    """The closed form between Gaussians, and between boxes."""

    @property
    def matrix(self) -> Float[np.ndarray, "d d"]:
        """A, symmetric and positive definite, of shape `(d, d)`."""
        source = _double(self.source.covariance)
        root = _power(source, 0.5)
        inverse = _power(source, -0.5)
        middle = root @ _double(self.target.covariance) @ root
        return inverse @ _power(middle, 0.5) @ inverse

    def map(self, x: Float[np.ndarray | Array, "n d"]) -> Float[np.ndarray, "n d"]:
        away = _double(x) - _double(self.source.mean)
        return _double(self.target.mean) + away @ self.matrix

    @property
    def product(self) -> float:
        means = _double(self.source.mean) @ _double(self.target.mean)
        return float(means + np.trace(self.matrix @ _double(self.source.covariance)))


class Monotone(AbstractClosedForm):
    """The closed form on the line."""

    def map(self, x: Float[np.ndarray | Array, "n 1"]) -> Float[np.ndarray, "n 1"]:
        source, target = _on_line(self.source), _on_line(self.target)
        x = _double(x)
        # Where F rounds to 1, its complement still distinguishes points. A sample of a
        # box may round to an end, where the target's quantile may be infinite.
        smallest = scipy.stats.norm.sf(_TAIL)
        below, above = (
            np.maximum(share, smallest) for share in (source.cdf(x), source.ccdf(x))
        )
        return np.where(below < above, target.icdf(below), target.iccdf(above))

    @property
    def product(self) -> float:
        """∫ F⁻¹(u) G⁻¹(u) du, at u = Φ(z) by the trapezoidal rule in z."""
        z = np.linspace(-_TAIL, _TAIL, _NODES)
        tail = scipy.stats.norm.sf(np.abs(z))
        source, target = (
            np.where(z < 0, measure.icdf(tail), measure.iccdf(tail))
            for measure in (_on_line(self.source), _on_line(self.target))
        )
        return float(np.trapezoid(source * target * scipy.stats.norm.pdf(z), z))


ClosedForm = AbstractClosedForm | RadialMap


def closed_form(
    source: AbstractMeasure,
    target: AbstractMeasure,
    lagrangian: AbstractLagrangian,
    horizon: float,
) -> ClosedForm | None:
    """The optimal map from `source` to `target`, if a closed form is known.

    **Arguments:** two measures of equal dimension, the Lagrangian, and T, the duration
    of a path.

    **Returns:** the map and its cost, or None if no formula here applies.
    """
    omega = frequency(lagrangian)
    if omega is None:
        return radial_map(source, target, lagrangian, horizon)
    measures = (source, target)
    boxes = all(isinstance(m, Uniform) for m in measures)
    if boxes or all(_is_gaussian(m) for m in measures):
        return Affine(source, target, omega, horizon)
    if len(source.mean) == 1 and all(
        isinstance(m, Uniform | Gaussian | GaussianMixture) for m in measures
    ):
        return Monotone(source, target, omega, horizon)
    return None


def _is_gaussian(measure: AbstractMeasure) -> bool:
    if isinstance(measure, GaussianMixture):
        return len(measure.means) == 1
    return isinstance(measure, Gaussian)


def _on_line(
    measure: AbstractMeasure,
) -> "scipy.stats.Uniform | scipy.stats.Mixture | scipy.stats.Normal":
    """A measure on the line as a SciPy distribution."""
    if isinstance(measure, Uniform):
        low, high = float(measure.low[0]), float(measure.high[0])
        return scipy.stats.Uniform(a=low, b=high)
    if isinstance(measure, GaussianMixture):
        stds = np.resize(measure.std, len(measure.means))
        pairs = zip(_double(measure.means[:, 0]), stds, strict=True)
        return scipy.stats.Mixture(
            [scipy.stats.Normal(mu=m, sigma=float(s)) for m, s in pairs],
            weights=None if measure.weights is None else _double(measure.weights),
        )
    std = math.sqrt(float(measure.covariance[0, 0]))
    return scipy.stats.Normal(mu=float(measure.mean[0]), sigma=std)


def _weights(omega: float, horizon: float) -> tuple[float, float]:
    """The weights a and k of c(x, y) = a (|x|² + |y|²) - k x·y."""
    if omega == 0:
        return 1 / (2 * horizon), 1 / horizon
    mixed = omega / math.sinh(omega * horizon)
    return mixed * math.cosh(omega * horizon) / 2, mixed


def _power(
    matrix: Float[np.ndarray, "d d"], exponent: float
) -> Float[np.ndarray, "d d"]:
    """A power of a symmetric positive definite matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * values**exponent) @ vectors.T


def _double(array: Float[np.ndarray | Array, "..."]) -> Float[np.ndarray, "..."]:
    return np.asarray(array, np.float64)
