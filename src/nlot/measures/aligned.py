"""Planar points with known images: two strips, two crescents, a spiral.

The data of Somnath et al. (2023), *Aligned diffusion Schrödinger bridges*, from which
Howard et al. (2024) learn costs.
"""

from collections.abc import Callable
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from pydantic import Field

from nlot.measures.pairs import DrawnPairs

# Crescents and spiral turn by "180", which the authors' code takes as radians.
_TURN = 180.0
_SHRUNK = 0.8
_RIGHT, _DOWN = (14.4, 0.0), (0.0, -10.1)
_Images = tuple[Float[Array, "n 2"], Float[Array, "n 2"]]


class Aligned:
    """Planar points with known images."""

    class Config(DrawnPairs):
        """Planar points with known images.

        `t_shape`: a strip on the left moves right, one above moves down. `moon`: two
        crescents turn by 233°. `spiral`: it turns by 233° and shrinks to 0.8.
        """

        kind: Literal["aligned"]
        shape: Literal["t_shape", "moon", "spiral"] = Field(description="of the source")

        @property
        def dimension(self) -> int:
            return 2

        def couples(
            self, key: PRNGKeyArray, n: int
        ) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, "n 2"]]:
            x, y = _SHAPES[self.shape](key, n)
            return np.asarray(x, np.float64), np.asarray(y, np.float64)


def _t_shape(key: PRNGKeyArray, n: int) -> _Images:
    side, along, across = jax.random.split(key, 3)
    s, t = (jax.random.uniform(k, (n,)) for k in (along, across))
    left = jnp.stack([-7.4 + 0.4 * t, 2.6 + 2.4 * s], axis=1)
    top = jnp.stack([-1.2 + 2.4 * s, 4.6 + 0.4 * t], axis=1)
    first = jax.random.bernoulli(side, shape=(n, 1))
    x = jnp.where(first, left, top)
    return x, x + jnp.where(first, jnp.array(_RIGHT), jnp.array(_DOWN))


def _moon(key: PRNGKeyArray, n: int) -> _Images:
    side, along, noise = jax.random.split(key, 3)
    angle = jnp.pi * jax.random.uniform(along, (n,))
    ahead = jnp.where(jax.random.bernoulli(side, shape=(n,)), 1.0, -1.0)
    arc = jnp.stack(
        [jnp.cos(angle) + ahead / 2, ahead * (0.2 - jnp.sin(angle))], axis=1
    )
    y = (10 * arc + 0.5 * jax.random.normal(noise, (n, 2))) / 3
    return _turned(y), y


def _spiral(key: PRNGKeyArray, n: int) -> _Images:
    along, noise = jax.random.split(key)
    radius = jnp.pi * (3 * jnp.sqrt(jax.random.uniform(along, (n,))) + 0.5)
    angle = radius - jnp.pi
    y = radius[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=1)
    y = y + 0.25 * jax.random.normal(noise, (n, 2))
    return _turned(y), _SHRUNK * y


def _turned(y: Float[Array, "n 2"]) -> Float[Array, "n 2"]:
    cos, sin = np.cos(_TURN), np.sin(_TURN)
    return y @ jnp.array([[cos, -sin], [sin, cos]])


_SHAPES: dict[str, Callable[[PRNGKeyArray, int], _Images]] = {
    "t_shape": _t_shape,
    "moon": _moon,
    "spiral": _spiral,
}
