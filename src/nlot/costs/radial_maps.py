r"""Optimal maps between round measures, where the cost of motion depends on |x|.

Under $L = w(|x|) |v|^2/2$ a least path from x to a point at another distance from the
origin is at least as long as the radius between the two, $|s(|y|) - s(|x|)|$, $s(r) =
\int_0^r \sqrt w$, and is that where both lie in one direction. Between measures that
are round about the origin the optimal map is therefore the increasing map of the radii
along rays, $T(x) = F_1^{-1}(F_0(|x|))\, x/|x|$, in any dimension.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float

from nlot.costs.densities import (
    AbstractDensity,
    GaussianDensity,
    MixtureDensity,
    PowerDensity,
    RingDensity,
)
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.costs.metrics import DensityMetric
from nlot.measures.distributions import AbstractMeasure, Gaussian, GaussianMixture

# Relative difference between the eigenvalues of a covariance that counts as round.
_ROUND = 1e-6
# Standard deviations at which a mean over radii ends, its nodes, and Gauss-Legendre
# nodes of a length.
_TAIL, _NODES, _LEGENDRE = 8.0, 8001, 400
# Largest growth of costs that the mean can follow: of 1 it is infinite.
_GROWTH = 0.9


@dataclass(frozen=True)
class RadialMap:
    """The scaling between round Gaussians centred at the origin of R^d, and its cost.

    `source` and `target` are their standard deviations; `length` is s, of an array of
    radii; `growth` is κ, $s(r)^2$ growing as $e^{κ r^2/2}$ in units of the larger one;
    `horizon` is T, the duration of a path.
    """

    source: float
    target: float
    dimension: int
    length: Callable[[np.ndarray], np.ndarray]
    growth: float
    horizon: float

    def map(self, x: Float[np.ndarray | Array, "n d"]) -> Float[np.ndarray, "n d"]:
        """Images of the points `x` of shape `(n, d)`, in double precision."""
        return self.target / self.source * np.asarray(x, np.float64)

    @property
    def cost(self) -> float:
        r"""The optimal cost, $E \{s(R_1) - s(R_0)\}^2 / 2T$.

        By the trapezoidal rule in the radius of a standard Gaussian.
        """
        end = (_TAIL + np.sqrt(self.dimension)) / np.sqrt(1 - self.growth)
        r = np.linspace(0, end, _NODES)[1:]
        apart = self.length(self.target * r) - self.length(self.source * r)
        density = np.exp(scipy.stats.chi(self.dimension).logpdf(r))
        return float(np.trapezoid(apart**2 * density, r) / (2 * self.horizon))


def radial_map(
    source: AbstractMeasure,
    target: AbstractMeasure,
    lagrangian: AbstractLagrangian,
    horizon: float,
) -> RadialMap | None:
    """The optimal map between round Gaussians under a round density; None for others.

    The density is a Gaussian, a ring or a power centred at the origin. None, too, where
    it falls so fast, compared with the measures, that the cost is almost infinite.
    """
    metric = getattr(lagrangian, "metric", None)
    first, second = _std(source), _std(target)
    if first is None or second is None or not isinstance(metric, DensityMetric):
        return None
    density, alpha, d = metric.density, float(metric.alpha), len(source.mean)
    if isinstance(density, PowerDensity):
        rise = 1 - alpha * density.exponent / 2
        # Beyond, costs near the origin may be infinite.
        if rise < 0:
            return None
        return RadialMap(first, second, d, partial(_power_length, rise), 0.0, horizon)
    width = _width(density)
    growth = np.inf if width is None else alpha * max(first, second) ** 2 / width**2
    if growth > _GROWTH:
        return None
    length = partial(_length, density, alpha, d)
    return RadialMap(first, second, d, length, growth, horizon)


def _std(measure: AbstractMeasure) -> float | None:
    """The deviation of a round Gaussian centred at the origin; None for others."""
    one = isinstance(measure, GaussianMixture) and len(measure.means) == 1
    if not (one or isinstance(measure, Gaussian)):
        return None
    return _round(measure.mean, measure.covariance)


def _width(density: AbstractDensity) -> float | None:
    """The deviation with which a round density falls far out; None for others."""
    if isinstance(density, GaussianDensity | MixtureDensity):
        return _std(density.measure)
    return density.std if isinstance(density, RingDensity) else None


def _round(mean: Float[Array, " d"], covariance: Float[Array, "d d"]) -> float | None:
    values = np.linalg.eigvalsh(np.asarray(covariance, np.float64))
    if np.any(np.asarray(mean)) or np.ptp(values) > _ROUND * values[-1]:
        return None
    return float(np.sqrt(values.mean()))


def _power_length(
    rise: float, radii: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Lengths from the origin; on a cylinder, from radius 1."""
    return radii**rise / rise if rise else np.log(radii)


def _length(
    density: AbstractDensity, alpha: float, d: int, radii: Float[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Lengths from the origin."""
    nodes, weights = np.polynomial.legendre.leggauss(_LEGENDRE)
    r = radii[:, None] * (nodes + 1) / 2
    with jax.enable_x64(True):
        points = jnp.zeros((r.size, d)).at[:, 0].set(r.ravel())
        logs = np.asarray(jax.vmap(density)(points)).reshape(r.shape)
    return radii / 2 * (np.exp(-alpha / 2 * logs) @ weights)
