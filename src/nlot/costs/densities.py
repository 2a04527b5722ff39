"""Densities ρ of a background in which motion is cheap where ρ is high.

They give log ρ, as ρ underflows, with ρ divided by its maximum.
"""

import abc
import math
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pydantic
import scipy
from jax.scipy.special import logsumexp
from jaxtyping import Array, Float
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, Point, same_length
from nlot.costs.bessel import log_bessel
from nlot.costs.functions import is_plain, returned
from nlot.costs.python_files import PythonConfig
from nlot.measures.distributions import AbstractMeasure, Gaussian, GaussianMixture
from nlot.measures.ring import Ring

# Means of a mixture that are tried, the best of which climb to modes, and their steps.
_TRIED, _CLIMBERS, _SHIFTS = 2000, 32, 200


class AbstractDensity(eqx.Module):
    """log ρ: R^d to R.

    Settings of densities that have a `measure` say so: `sampled` is True.
    """

    @property
    def dimension(self) -> int | None:
        """The dimension of its space; None if it fits any."""
        return None

    @property
    def measure(self) -> AbstractMeasure | None:
        """The measure with this density; None if it cannot be sampled."""
        return None

    @abc.abstractmethod
    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """The value at one point `x` of shape `(d,)`: 0 where ρ is largest."""


class GaussianDensity(AbstractDensity):
    """log ρ = -(x - m)ᵀ Σ⁻¹ (x - m)/2; `root` is a W with W Wᵀ = Σ⁻¹."""

    class Config(Gaussian.Config):
        """A Gaussian with any covariance."""

        sampled: ClassVar[bool] = True

        def build(self) -> Any:
            precision = np.linalg.inv(np.array(self.covariance))
            root = jnp.array(np.linalg.cholesky(precision))
            return GaussianDensity(jnp.array(self.mean), root)

    mean: Float[Array, " d"]
    root: Float[Array, "d d"]

    @property
    def dimension(self) -> int:
        return len(self.mean)

    @property
    def measure(self) -> Gaussian:
        root = np.asarray(self.root, np.float64)
        covariance = np.linalg.inv(root @ root.T)
        return Gaussian(self.mean, jnp.asarray(covariance, self.mean.dtype))

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return -0.5 * jnp.sum(((x - self.mean) @ self.root) ** 2)


class MixtureDensity(AbstractDensity):
    r"""Round Gaussians, $ρ(x) = \sum_k w_k σ_k^{-d} \exp(-|x - m_k|^2/2σ_k^2)$.

    `means` has shape `(k, d)`; `stds` and `heights`, log w_k σ_k^{-d} less log max ρ,
    have shape `(k,)`.
    """

    class Config(Part):
        """A mixture of round Gaussians."""

        sampled: ClassVar[bool] = True

        kind: Literal["gaussian_mixture"]
        means: tuple[Point, ...] = Field(min_length=1, description="centres")
        stds: tuple[PositiveFloat, ...] = Field(
            min_length=1, description="standard deviations: of each, or one for all"
        )
        weights: tuple[PositiveFloat, ...] | None = Field(
            None, description="weights; none: equal"
        )

        @property
        def dimension(self) -> int:
            return len(self.means[0])

        @pydantic.model_validator(mode="after")
        def _one_of_each(self) -> "MixtureDensity.Config":
            same_length("means", self.means)
            k = len(self.means)
            if len(self.stds) not in (1, k):
                raise ValueError(f"stds: expected 1 or {k}, found {len(self.stds)}")
            if self.weights is not None and len(self.weights) != k:
                raise ValueError(f"weights: expected {k}, found {len(self.weights)}")
            return self

        def build(self) -> "MixtureDensity":
            k = len(self.means)
            weights = np.ones(k) if self.weights is None else np.array(self.weights)
            return MixtureDensity.of(
                np.array(self.means), np.resize(self.stds, k), weights
            )

    means: Float[Array, "k d"]
    stds: Float[Array, " k"]
    heights: Float[Array, " k"]

    @classmethod
    def of(
        cls,
        means: Float[np.ndarray, "k d"],
        stds: Float[np.ndarray, " k"],
        weights: Float[np.ndarray, " k"],
    ) -> "MixtureDensity":
        """The density of components with these means, deviations and weights."""
        heights = np.log(weights / weights.sum()) - means.shape[1] * np.log(stds)
        # Modes lie among the means: a mean-shift climbs to them.
        some = means[:: math.ceil(len(means) / _TRIED)]
        logs = _components(some, means, stds, heights)
        x = some[np.argsort(-scipy.special.logsumexp(logs, axis=1))[:_CLIMBERS]]
        for _ in range(_SHIFTS):
            logs = _components(x, means, stds, heights)
            pull = np.exp(logs - scipy.special.logsumexp(logs, axis=1)[:, None])
            pull /= stds**2
            x = pull @ means / pull.sum(axis=1)[:, None]
        top = scipy.special.logsumexp(_components(x, means, stds, heights), axis=1)
        arrays = means, stds, heights - top.max()
        return cls(*(jnp.asarray(a, jnp.float32) for a in arrays))

    @property
    def dimension(self) -> int:
        return self.means.shape[1]

    @property
    def measure(self) -> GaussianMixture:
        shares = self.heights + self.dimension * jnp.log(self.stds)
        return GaussianMixture(self.means, self.stds, jax.nn.softmax(shares))

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        near = jnp.sum((x - self.means) ** 2, -1) / (2 * self.stds**2)
        return logsumexp(self.heights - near)


def _components(
    x: Float[np.ndarray, "n d"],
    means: Float[np.ndarray, "k d"],
    stds: Float[np.ndarray, " k"],
    heights: Float[np.ndarray, " k"],
) -> Float[np.ndarray, "n k"]:
    squared = scipy.spatial.distance.cdist(x, means, "sqeuclidean")
    return heights - squared / (2 * stds**2)


class RingDensity(AbstractDensity):
    r"""Round Gaussians on a circle in the plane, $ρ = E_θ N(x; R e(θ), σ^2 I)$.

    $\log ρ(x) = -(|x| - R)^2/2σ^2 + \log\{e^{-z} I_0(z)\}$, $z = |x| R/σ^2$, less its
    largest value, the `height`.
    """

    class Config(Part):
        """Round Gaussians spread over a circle round the origin of the plane."""

        sampled: ClassVar[bool] = True

        kind: Literal["ring"]
        radius: PositiveFloat = Field(1.0, description="R, radius of the circle")
        std: PositiveFloat = Field(description="σ, standard deviation")

        @property
        def dimension(self) -> int:
            return 2

        def build(self) -> "RingDensity":
            return RingDensity.of(self.radius, self.std)

    radius: float = eqx.field(static=True)
    std: float = eqx.field(static=True)
    height: float = eqx.field(static=True)

    @property
    def dimension(self) -> int:
        return 2

    @property
    def measure(self) -> Ring:
        return Ring(jnp.array(self.radius), jnp.array(self.std))

    @classmethod
    def of(cls, radius: float, std: float) -> "RingDensity":
        r"""The density, whose crest is at a distance r from the origin.

        There $r = R\, I_1(z)/I_0(z)$; below $R^2 = 2σ^2$ it is the origin.
        """

        def rise(r: float) -> float:
            z = r * radius / std**2
            return radius * scipy.special.i1e(z) / scipy.special.i0e(z) - r

        crest, least = 0.0, 1e-6 * radius
        if rise(least) > 0:
            crest = scipy.optimize.brentq(rise, least, radius)
        top = -((crest - radius) ** 2) / (2 * std**2)
        top += np.log(scipy.special.i0e(crest * radius / std**2))
        return cls(radius, std, float(top))

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, ""]:
        # The small constant keeps the gradient finite at the origin.
        r = jnp.sqrt(jnp.sum(x**2) + 1e-12)
        z = r * self.radius / self.std**2
        near = (r - self.radius) ** 2 / (2 * self.std**2)
        return log_bessel(z) - near - self.height


class PowerDensity(AbstractDensity):
    r"""log ρ = p log |x|, without a maximum: 0 where |x| = 1.

    Lengths grow with $|x|^{-αp/2}$, as on a cone for αp < 2, on a cylinder for αp = 2
    (`nlot.costs.closed_forms.power_action`).
    """

    class Config(Part):
        """A power of the distance from the origin, in any dimension."""

        kind: Literal["power"]
        exponent: float = Field(description="p, of |x|^p")

        def build(self) -> "PowerDensity":
            return PowerDensity(self.exponent)

    exponent: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return self.exponent / 2 * jnp.log(jnp.sum(x**2))


class OwnDensity(AbstractDensity):
    """log ρ as a function of position, less `peak`, its largest value."""

    class Config(PythonConfig):
        """log ρ(x), a function in a Python file."""

        kind: Literal["python"]
        peak: float = Field(0.0, description="largest log ρ")

        def build(self) -> "OwnDensity":
            return OwnDensity(self.function(), self.peak)

    function: Callable[..., Any] = eqx.field(static=True)
    peak: float = 0.0

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        return returned("log ρ(x)", self.function(x), (), x) - self.peak


def as_density(given: Any) -> Any:
    """`given`, with a plain function as log ρ; raises as `is_plain`."""
    return OwnDensity(given) if is_plain("density", given, AbstractDensity) else given
