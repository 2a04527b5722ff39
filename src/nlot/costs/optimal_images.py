"""Points and images under maps that are optimal for a given convex cost."""

from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
import pydantic
import scipy
from jaxtyping import Array, Float, PRNGKeyArray
from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import Part, dimension_of
from nlot.config.kinds import Kind
from nlot.costs.convex import AbstractConvex
from nlot.measures.distributions import MeasureConfig
from nlot.measures.pairs import DrawnPairs


class GaussianImages:
    """Points and images of the optimal map between Gaussians for a quadratic cost."""

    class Config(DrawnPairs):
        r"""Points and images of the optimal map between Gaussians for a quadratic cost.

        Under $c = (x-y)^T A (x-y)/2$ it is $x ↦ m_2 + A^{-1/2} B A^{1/2} (x - m_1)$, B
        the map between the Gaussians of covariance $A^{1/2} Σ_k A^{1/2}$ for the
        squared distance.
        """

        kind: Literal["gaussian_images"]
        source: Annotated[Any, Kind("measure")] = Field(description="`gaussian`")
        target: Annotated[Any, Kind("measure")] = Field(description="`gaussian`")
        cost: Annotated[Any, Kind("convex")] = Field(description="`mahalanobis`: A")

        @property
        def dimension(self) -> int:
            return self.source.dimension

        @pydantic.model_validator(mode="after")
        def _alike(self) -> "GaussianImages.Config":
            kinds = {"source": "gaussian", "target": "gaussian", "cost": "mahalanobis"}
            for name, kind in kinds.items():
                found = getattr(self, name).kind
                if found != kind:
                    raise ValueError(f"{name}.kind: found {found!r}; valid: {kind!r}")
            for name in ("target", "cost"):
                found = dimension_of(getattr(self, name))
                if found != self.dimension:
                    raise ValueError(
                        f"{name} has dimension {found}, source has {self.dimension}"
                    )
            return self

        def couples(
            self, key: PRNGKeyArray, n: int
        ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
            source, target = self.source.build(), self.target.build()
            (m1, s1), (m2, s2) = source.moments, target.moments
            x = np.asarray(source.sample(key, n), np.float64)
            return x, m2 + (x - m1) @ self._matrix(s1, s2).T

        def _matrix(
            self, s1: Float[np.ndarray, "d d"], s2: Float[np.ndarray, "d d"]
        ) -> Float[np.ndarray, "d d"]:
            root = scipy.linalg.sqrtm(np.array(self.cost.matrix))
            a, b = (root @ s @ root for s in (s1, s2))
            half = scipy.linalg.sqrtm(a)
            inverse = np.linalg.inv(half)
            brenier = inverse @ scipy.linalg.sqrtm(half @ b @ half) @ inverse
            return np.real(np.linalg.solve(root, brenier @ root))


class OptimalImages:
    """Points and images of a random map that is optimal for a convex cost."""

    class Config(DrawnPairs):
        r"""Points and images of a random map that is optimal for a convex cost.

        With a concave φ, $T(x) = \arg\min_y h(x - y) - φ(y)$ is optimal between any
        source and its image. φ is $-s \log \sum_k \exp(a_k·y + b_k)$, a and b Gaussian.
        """

        kind: Literal["optimal_images"]
        source: Annotated[MeasureConfig, Kind("measure")] = Field(
            description="of which points are drawn"
        )
        cost: Annotated[Part, Kind("convex")] = Field(description="h, strictly convex")
        terms: PositiveInt = Field(4, description="of the sum")
        strength: PositiveFloat = Field(1.0, description="s")

        @property
        def dimension(self) -> int:
            return dimension_of(self.source) or 0

        @property
        def files(self) -> tuple[str, ...]:
            return self.source.files

        def couples(
            self, key: PRNGKeyArray, n: int
        ) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n d"]]:
            points, slopes, offsets = jax.random.split(key, 3)
            x = self.source.build().sample(points, n)
            a = jax.random.normal(slopes, (self.terms, self.dimension))
            b = jax.random.normal(offsets, (self.terms,))
            with jax.enable_x64(True):
                given = (jnp.asarray(z, jnp.float64) for z in (x, a, b))
                y = _images(self.cost.build(), self.strength, *given)
            return np.asarray(x, np.float64), np.asarray(y)


def _images(
    h: AbstractConvex,
    strength: float,
    x: Float[Array, "n d"],
    a: Float[Array, "terms d"],
    b: Float[Array, " terms"],
) -> Float[Array, "n d"]:
    def slope(z: Array, start: Array) -> Array:
        """Derivative in z of h(z) - φ(x - z)."""
        shares = jax.nn.softmax(a @ (start - z) + b)
        return jax.grad(h)(z) - strength * shares @ a

    def image(start: Array) -> Array:
        solver: Any = optx.LevenbergMarquardt(rtol=1e-12, atol=1e-12)
        found: optx.Solution = optx.root_find(
            slope, solver, jnp.ones_like(start), args=start
        )
        return start - found.value

    return jax.jit(jax.vmap(image))(x)
