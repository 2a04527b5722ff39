"""A background density fitted to the samples of the problem itself."""

from typing import Any, Literal

import numpy as np
import scipy
from jaxtyping import Float
from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import Part
from nlot.config.given import Given
from nlot.costs.densities import MixtureDensity
from nlot.costs.kernel_density import as_samples, likeliest


class FittedDensity(MixtureDensity):
    """A kernel density estimate of the samples of a problem, of few Gaussians.

    The kernels of the samples of a cluster are one Gaussian of the same mean and mean
    variance, so that the density costs little wherever paths ask for it.
    """

    class Config(Part):
        """A kernel density estimate of the problem's own samples, for `legs`."""

        kind: Literal["fitted"]
        kernels: PositiveInt = Field(
            128, description="Gaussians; as many as samples, if there are fewer"
        )
        bandwidth: PositiveFloat | None = Field(
            None,
            description="standard deviation of a sample's kernel; none: that of the "
            "largest leave-one-out likelihood",
        )

        def build(self) -> Any:
            """Raises `ValueError`: `fitted` knows the samples."""
            raise ValueError(
                "a density of kind 'fitted' is of the samples of measures in time, for "
                "methods of kind 'legs'"
            )

        def untrained(self, dimension: int) -> MixtureDensity:
            """A density of the shapes of a fitted one."""
            ones = np.ones(self.kernels)
            return FittedDensity.of(np.zeros((self.kernels, dimension)), ones, ones)

    @classmethod
    def fit(
        cls, points: Float[np.ndarray, "n d"], settings: "FittedDensity.Config"
    ) -> MixtureDensity:
        """The estimate from points, clustered by k-means.

        Raises `ValueError` as `as_samples`.
        """
        points = as_samples(points)
        width = settings.bandwidth or likeliest(points)
        n, d = points.shape
        if n <= settings.kernels:
            # Repeated samples count less, all the same in sum.
            rows = np.arange(settings.kernels) % n
            weights = 1 / np.bincount(rows)[rows]
            return cls.of(points[rows], np.full(settings.kernels, width), weights)
        means, labels = scipy.cluster.vq.kmeans2(
            points, settings.kernels, minit="++", rng=0
        )
        sizes = np.bincount(labels, minlength=settings.kernels).astype(float)
        squared = np.sum((points - means[labels]) ** 2, axis=1) / d
        within = np.bincount(labels, squared, minlength=settings.kernels)
        variances = width**2 + within / np.maximum(sizes, 1)
        # An empty cluster weighs next to nothing.
        return cls.of(means, np.sqrt(variances), np.maximum(sizes, 1e-6))


def fitted(part: Part, points: Float[np.ndarray, "n d"]) -> Part:
    """`part` with densities of kind `fitted`, at any depth, fitted to points."""
    return _replaced(part, lambda s: FittedDensity.fit(points, s))


def untrained(part: Part, dimension: int) -> Part:
    """`part` with densities of kind `fitted`, at any depth, of the right shapes."""
    return _replaced(part, lambda s: s.untrained(dimension))


def _replaced(part: Part, make: Any) -> Part:
    if isinstance(part, FittedDensity.Config):
        return Given.of(make(part))
    changed = {
        name: _replaced(value, make)
        for name, value in dict(part).items()
        if isinstance(value, Part)
    }
    return part.model_copy(update=changed)
