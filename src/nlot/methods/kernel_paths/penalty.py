r"""Agreement of ends with samples: the correlation of features with their origin.

With n ends and n samples, $g = ±1/\sqrt{2n}$ by origin, and features
$F = (Φ - 1 μ^T)/s = U Σ V^T$, the penalty is $P = |U^T g|^2$, from 0 to 1 (Wang and
Tabak, 2025, appendix A.1). μ, s, V and Σ come from a reference set and stay fixed.
"""

from itertools import combinations_with_replacement

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nlot.methods.kernel_paths.config import FeaturesConfig


class Features(eqx.Module):
    """Monomials, and Gaussians round centres, of points in units of their deviation.

    `powers` has a row for each monomial.
    """

    powers: Int[np.ndarray, "monomials d"]
    centres: Float[Array, "centres d"]
    origin: Float[Array, " d"]
    unit: Float[Array, ""]
    width: float = eqx.field(static=True)

    @classmethod
    def of(cls, config: FeaturesConfig, samples: Float[Array, "n d"]) -> "Features":
        """Those of the settings, for samples of a measure."""
        d = samples.shape[1]
        chosen = [
            np.bincount(axes, minlength=d)
            for degree in range(1, config.degree + 1)
            for axes in combinations_with_replacement(range(d), degree)
        ]
        origin, unit = samples.mean(axis=0), deviation(samples)
        centres = (samples[: config.centres] - origin) / unit
        return cls(np.array(chosen), centres, origin, unit, config.width)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " features"]:
        """All features of a point."""
        z = (x - self.origin) / self.unit
        monomials = jnp.prod(z**self.powers, axis=1)
        near = jnp.sum((z - self.centres) ** 2, axis=1) / (2 * self.width**2)
        return jnp.concatenate([monomials, jnp.exp(-near)])


class Penalty(eqx.Module):
    """P of the ends at one side.

    `mean` and `size` are μ and s; `directions` is V Σ⁻¹, without the smallest singular
    values.
    """

    features: Features
    mean: Float[Array, " features"]
    size: Float[Array, ""]
    directions: Float[Array, "features rank"]

    @classmethod
    def of(cls, config: FeaturesConfig, samples: Float[Array, "n d"]) -> "Penalty":
        """The penalty whose reference set are the samples themselves."""
        features = Features.of(config, samples)
        values = jax.vmap(features)(samples)
        mean = values.mean(axis=0)
        # Ends and samples: twice the same rows.
        size = np.sqrt(2) * jnp.linalg.norm(values - mean)
        rows = np.asarray((values - mean) / size, np.float64) * np.sqrt(2)
        _, sizes, directions = np.linalg.svd(rows, full_matrices=False)
        rank = int((sizes > config.tolerance * sizes[0]).sum())
        chosen = directions[:rank].T / sizes[:rank]
        return cls(features, mean, size, jnp.asarray(chosen, samples.dtype))

    def __call__(self, ends: Float[Array, "n d"]) -> Float[Array, ""]:
        """P for as many ends as samples."""
        # F^T g: the samples' mean is subtracted from that of the ends.
        away = jnp.mean(jax.vmap(self.features)(ends), axis=0) - self.mean
        correlation = np.sqrt(len(ends) / 2) * away / self.size
        return jnp.sum((correlation @ self.directions) ** 2)


def deviation(samples: Float[Array, "n d"]) -> Float[Array, ""]:
    """Root mean square, over coordinates, of the standard deviation of samples."""
    return jnp.sqrt(jnp.mean(jnp.var(samples, axis=0)))
