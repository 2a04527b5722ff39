"""Kernel density estimates of samples."""

from typing import ClassVar, Literal

import numpy as np
import scipy
from jaxtyping import Array, Float
from pydantic import Field, PositiveFloat

from nlot.costs.densities import MixtureDensity
from nlot.measures.files import check_number, read_samples
from nlot.measures.layout import FileConfig

# Samples that a bandwidth is chosen on, and the range in which it is sought, around
# Scott's rule.
_MOST, _RANGE = 2000, (0.05, 5.0)


class KernelDensity(MixtureDensity):
    """A round Gaussian at each sample, all of one width (Silverman, 1986)."""

    class Config(FileConfig):
        """A kernel density estimate of samples in a file."""

        sampled: ClassVar[bool] = True

        kind: Literal["kernel"]
        bandwidth: PositiveFloat | None = Field(
            None,
            description="standard deviation of the kernel; none: that of the largest "
            "leave-one-out likelihood",
        )

        def build(self) -> MixtureDensity:
            """Raises `nlot.measures.files.SampleError` for an unusable file."""
            points, _ = read_samples(self)
            return KernelDensity.fit(points, self.bandwidth)

    @classmethod
    def fit(
        cls, points: Float[np.ndarray | Array, "n d"], bandwidth: float | None = None
    ) -> MixtureDensity:
        """The estimate from points, with the `likeliest` bandwidth if none is given.

        Raises `ValueError` as `as_samples`, and unless the bandwidth is positive.
        """
        points = as_samples(points)
        width = likeliest(points) if bandwidth is None else bandwidth
        if not 0 < width < np.inf:
            raise ValueError(f"bandwidth: expected a positive number, found {width}")
        ones = np.ones(len(points))
        return cls.of(points, width * ones, ones)


def as_samples(points: Float[np.ndarray | Array, "n d"]) -> Float[np.ndarray, "n d"]:
    """Samples that a density can be fitted to, in double precision.

    Raises `ValueError` for another shape, samples that are not finite, and fewer than 8
    different ones.
    """
    x = np.asarray(points, np.float64)
    if x.ndim != 2:
        raise ValueError(f"expected samples of shape (n, d), found {x.shape}")
    bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
    if bad.size:
        raise ValueError(
            f"{bad.size} of {len(x)} samples are not finite, the first in row {bad[0]}"
        )
    check_number(x)
    return x


def likeliest(points: Float[np.ndarray, "n d"]) -> float:
    r"""The bandwidth h under which samples are likeliest given the others.

    It maximises the mean over i of $\log \sum_{j ≠ i} N(x_i; x_j, h^2 I)$, on at most
    2,000 of the samples, and is scaled to the number of all of them by Scott's rule,
    $h ∝ n^{-1/(d+4)}$.
    """
    n, d = points.shape
    rate = -1 / (d + 4)
    kept = np.random.default_rng(0).permutation(n)[:_MOST]
    spread = float(np.sqrt(points.var(axis=0).mean()))
    squared = scipy.spatial.distance.cdist(points[kept], points[kept], "sqeuclidean")
    np.fill_diagonal(squared, np.inf)

    def unlikely(log_width: float) -> float:
        logs = scipy.special.logsumexp(-squared / (2 * np.exp(2 * log_width)), axis=1)
        return float(d * log_width - logs.mean())

    scott = spread * len(kept) ** rate
    bounds = [np.log(scott * factor) for factor in _RANGE]
    found = scipy.optimize.minimize_scalar(unlikely, bounds=bounds, method="bounded")
    return float(np.exp(found.x)) * (n / len(kept)) ** rate
