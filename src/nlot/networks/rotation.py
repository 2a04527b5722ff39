r"""The learned metric, A(x) = R(x) B R(x)ᵀ with a rotation by θ(x) (eqs. 26 and 27).

With B = diag(b₁, b₂), b₁ > b₂, and $m = (b_1 + b_2)/2$, $h = (b_1 - b_2)/2$,

$$A = m I + h \begin{pmatrix} \cos 2θ & \sin 2θ \\ \sin 2θ & -\cos 2θ \end{pmatrix}:$$

the metric knows θ up to half a turn, and the cheap direction is $(-\sin θ, \cos θ)$.
"""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import RotationConfig
from nlot.costs.metrics import AbstractMetric
from nlot.networks.amortised import MLP
from nlot.training.trainable import Constant

Angle = Literal["single", "double"]
_INITIAL = 0.05


class RotationMetric(AbstractMetric):
    """R B Rᵀ, the angle being that of a vector that networks predict.

    The vector z is the mean over `members`, MLPs with stacked weights. It points to θ
    (`angle` "single", the paper's) or to 2θ ("double"). Between two perpendicular cheap
    directions a single angle turns through those in between, while z in the double
    passes zero and the direction jumps; round a point, however, z turns once in the
    single and twice in the double.

    `centre` and `scale` are fixed: networks see (x - centre) / scale.
    """

    members: MLP
    centre: Constant
    scale: Constant
    eigenvalues: tuple[float, float] = eqx.field(static=True)
    angle: Angle = eqx.field(static=True)

    def __init__(
        self,
        config: RotationConfig,
        centre: tuple[float, ...],
        scale: float,
        *,
        key: PRNGKeyArray,
    ):
        keys = jax.random.split(key, config.members)
        members = eqx.filter_vmap(
            lambda k: MLP(2, 2, config.hidden, config.activation, key=k)
        )(keys)
        # From small vectors the first steps turn the metric wherever data are; large
        # ones would keep the defects of the random field that they start as.
        self.members = eqx.tree_at(lambda m: m.layers[-1], members, replace_fn=_small)
        self.centre = Constant(jnp.array(centre, jnp.float32))
        self.scale = Constant(jnp.array(scale, jnp.float32))
        self.eigenvalues, self.angle = config.eigenvalues, config.angle

    def vectors(self, x: Float[Array, "2"]) -> Float[Array, "members 2"]:
        """The vector that each member predicts."""
        z = (x - self.centre.value.astype(x.dtype)) / self.scale.value
        return eqx.filter_vmap(lambda member: member(z))(self.members)

    def doubled(self, x: Float[Array, "2"]) -> Float[Array, "2"]:
        """(cos 2θ, sin 2θ)."""
        z = self.vectors(x).mean(0)
        # The small constants keep gradients finite where z vanishes.
        if self.angle == "double":
            return z / jnp.sqrt(jnp.sum(z**2) + 1e-12)
        return double_angle(z) / (jnp.sum(z**2) + 1e-12)

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, "2 2"]:
        c, s = self.doubled(x)
        large, small = self.eigenvalues
        turned = jnp.array([[c, s], [s, -c]])
        return (large + small) / 2 * jnp.eye(2, dtype=x.dtype) + (
            (large - small) / 2 * turned
        )


class Blend(AbstractMetric):
    """`metric` early in training: A blended with a multiple of the identity.

    `ramp` goes from 0, where all directions cost what A's cheapest does, to 1. Once A
    is cheap along the motion, the cost of that motion no longer changes, and neither do
    the potentials.
    """

    metric: RotationMetric
    ramp: Float[Array, ""]

    def __call__(self, x: Float[Array, "2"]) -> Float[Array, "2 2"]:
        isotropic = self.metric.eigenvalues[1] * jnp.eye(2, dtype=x.dtype)
        return (1 - self.ramp) * isotropic + self.ramp * self.metric(x)


def _small(layer: eqx.nn.Linear) -> eqx.nn.Linear:
    return jax.tree.map(lambda leaf: _INITIAL * leaf, layer)


def double_angle(v: Float[Array, "*batch 2"]) -> Float[Array, "*batch 2"]:
    """The vector at twice the angle of `v`, with the square of its length."""
    a, b = v[..., 0], v[..., 1]
    return jnp.stack([a**2 - b**2, 2 * a * b], -1)
