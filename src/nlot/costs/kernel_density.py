"""Kernel density estimates of samples."""

from typing import Literal

import numpy as np
import scipy
from jaxtyping import Array, Float
from pydantic import Field, PositiveFloat

from nlot.costs.densities import MixtureDensity
from nlot.measures.files import read_samples
from nlot.measures.layout import FileConfig

# Samples that a bandwidth is chosen on, and the range in which it is sought, around
# Scott's rule.
_MOST, _RANGE = 2000, (0.05, 5.0)


class KernelDensity(MixtureDensity):
    """A round Gaussian at each sample, all of one width (Silverman, 1986)."""

    class Config(FileConfig):
        """A kernel density estimate of samples in a file."""

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
        """The estimate from points, with the `likeliest` bandwidth if none is given."""
        points = np.asarray(points, np.float64)
        width = likeliest(points) if bandwidth is None else bandwidth
        ones = np.ones(len(points))
        return cls.of(points, width * ones, ones)


def likeliest(points: Float[np.ndarray, "n d"]) -> float:
    r"""The bandwidth h under which samples are likeliest given the others.

    It maximises the mean over i of $\log \sum_{j ≠ i} N(x_i; x_j, h^2 I)$, on at most
    2,000 of the samples, and is scaled to the number of all of them by Scott's rule,
    $h ∝ n^{-1/(d+4)}$.

    Raises `ValueError` if all points coincide.
    """
    n, d = points.shape
    rate = -1 / (d + 4)
    kept = np.random.default_rng(0).permutation(n)[:_MOST]
    spread = float(np.sqrt(points.var(axis=0).mean()))
    if spread == 0:
        raise ValueError(f"all {n} samples coincide at {points[0]}: no density fits")
    squared = scipy.spatial.distance.cdist(points[kept], points[kept], "sqeuclidean")
    np.fill_diagonal(squared, np.inf)

    def unlikely(log_width: float) -> float:
        logs = scipy.special.logsumexp(-squared / (2 * np.exp(2 * log_width)), axis=1)
        return float(d * log_width - logs.mean())

    scott = spread * len(kept) ** rate
    bounds = [np.log(scott * factor) for factor in _RANGE]
    found = scipy.optimize.minimize_scalar(unlikely, bounds=bounds, method="bounded")
    return float(np.exp(found.x)) * (n / len(kept)) ** rate
