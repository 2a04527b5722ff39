r"""Learned metrics with two given eigenvalues, b₁ > b₂, in any dimension.

In the plane, $A(x) = R(x) B R(x)^T$ with a rotation by θ(x) and B = diag(b₁, b₂)
(eqs. 26 and 27). With $m = (b_1 + b_2)/2$, $h = (b_1 - b_2)/2$,

$$A = m I + h \begin{pmatrix} \cos 2θ & \sin 2θ \\ \sin 2θ & -\cos 2θ \end{pmatrix}:$$

the metric determines θ up to half a turn; the cheap direction is $(-\sin θ, \cos θ)$.
With unit u along it, $A = b_1 I - (b_1 - b_2)\, u u^T$, the form in any dimension.
"""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config import RotationConfig
from nlot.costs.metrics import AbstractMetric
from nlot.networks.mlp import MLP
from nlot.training.loop import Constant

_INITIAL = 0.05
_PLANE = 2
# Keeps gradients finite where a vector vanishes.
_TINY = 1e-12
# Squarings that leave only a matrix's largest eigenvalue: one smaller by a twentieth
# shrinks to 2e-6 of it.
_SQUARINGS = 8


class RotationMetric(AbstractMetric):
    """A metric whose cheap direction is given by a vector z that networks predict.

    z is the mean over `members`, MLPs with stacked weights.

    - In the plane z points to θ (`angle` "single", the paper's) or to 2θ ("double").
    - In other dimensions z points along u ("single"), or holds the coordinates of a
      traceless symmetric matrix whose first eigenvector is u ("double").

    Between two perpendicular cheap directions a single angle turns through those in
    between, while a double one makes z pass zero and the direction jump. Round a point,
    however, z turns once with a single angle and twice with a double one.

    `centre` and `scale` are fixed: networks see (x - centre) / scale.
    """

    members: MLP
    centre: Constant
    scale: Constant
    eigenvalues: tuple[float, float] = eqx.field(static=True)
    angle: str = eqx.field(static=True)

    def __init__(
        self,
        config: RotationConfig,
        centre: tuple[float, ...],
        scale: float,
        *,
        key: PRNGKeyArray,
    ):
        """**Arguments:** settings, and the centre and half-width of the data.

        The number of coordinates of the centre is the dimension of the space: at least
        two if the angle is "double".
        """
        d = len(centre)
        size = d if config.angle == "single" else d * (d + 1) // 2 - 1
        keys = jax.random.split(key, config.members)
        members = eqx.filter_vmap(
            lambda k: MLP(d, size, config.hidden, config.activation, key=k)
        )(keys)
        # With small initial vectors the first steps turn the metric wherever data are;
        # large ones would keep the defects of the random initial field.
        self.members = members.times(_INITIAL)
        self.centre = Constant(jnp.array(centre, jnp.float32))
        self.scale = Constant(jnp.array(scale, jnp.float32))
        self.eigenvalues, self.angle = config.eigenvalues, config.angle

    def vectors(self, x: Float[Array, " d"]) -> Float[Array, "members size"]:
        """The vector that each member predicts."""
        z = (x - self.centre.value.astype(x.dtype)) / self.scale.value
        return eqx.filter_vmap(lambda member: member(z))(self.members)

    def direction_targets(self, v: Float[Array, "n d"]) -> Float[Array, "n size"]:
        """|v|² times the unit vectors z that make motion along each `v` cheap."""
        plane = v.shape[1] == _PLANE
        if self.angle == "double":
            if plane:
                return -double_angle(v)
            basis = jnp.asarray(_traceless(v.shape[1]), v.dtype)
            return jnp.einsum("ni,kij,nj->nk", v, basis, v)
        turned = jnp.stack([v[:, 1], -v[:, 0]], -1) if plane else v
        return jnp.linalg.norm(v, axis=-1, keepdims=True) * turned

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        z, d = self.vectors(x).mean(0), x.shape[0]
        large, small = self.eigenvalues
        if d == _PLANE:
            c, s = self._doubled(z)
            mean, half = (large + small) / 2, (large - small) / 2
            turned = jnp.array([[c, s], [s, -c]])
            return mean * jnp.eye(2, dtype=x.dtype) + half * turned
        return large * jnp.eye(d, dtype=x.dtype) - (large - small) * self._along(z, d)

    def _doubled(self, z: Float[Array, "2"]) -> Float[Array, "2"]:
        """(cos 2θ, sin 2θ)."""
        if self.angle == "double":
            return z / jnp.sqrt(jnp.sum(z**2) + _TINY)
        return double_angle(z) / (jnp.sum(z**2) + _TINY)

    def _along(self, z: Float[Array, " size"], d: int) -> Float[Array, "d d"]:
        """The projection u uᵀ."""
        if self.angle == "single":
            return jnp.outer(z, z) / (jnp.sum(z**2) + _TINY)
        identity = jnp.eye(d, dtype=z.dtype)
        matrix = jnp.tensordot(z, jnp.asarray(_traceless(d), z.dtype), 1)
        # Positive semidefinite, and a multiple of the identity where z vanishes.
        power = matrix + jnp.sqrt(jnp.sum(matrix**2) + _TINY) * identity
        power = power / jnp.trace(power)
        for _ in range(_SQUARINGS):
            power = power @ power
            power = power / jnp.trace(power)
        return power


class Blend(AbstractMetric):
    """`metric` during annealing: A blended with a multiple of the identity.

    `ramp` rises from 0, where every direction is as cheap as A's cheapest, to 1. Once A
    is cheap along the motion, the cost of that motion no longer changes, and neither do
    the potentials.
    """

    metric: RotationMetric
    ramp: Float[Array, ""]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, "d d"]:
        isotropic = self.metric.eigenvalues[1] * jnp.eye(x.shape[0], dtype=x.dtype)
        return (1 - self.ramp) * isotropic + self.ramp * self.metric(x)


def double_angle(v: Float[Array, "*batch 2"]) -> Float[Array, "*batch 2"]:
    """The vector at twice the angle of `v`, with the square of its length."""
    a, b = v[..., 0], v[..., 1]
    return jnp.stack([a**2 - b**2, 2 * a * b], -1)


@cache
def _traceless(d: int) -> Float[np.ndarray, "size d d"]:
    """An orthogonal basis of the traceless symmetric matrices.

    The traceless part of v vᵀ has coordinates of length |v|²: in the plane they would
    be those of the vector at twice the angle of v.
    """
    basis = []
    for i in range(d):
        for j in range(i):
            basis.append(np.zeros((d, d)))
            basis[-1][i, j] = basis[-1][j, i] = 1
    for k in range(1, d):
        basis.append(np.diag([1.0] * k + [-float(k)] + [0.0] * (d - k - 1)))
    unit = [matrix / np.linalg.norm(matrix) for matrix in basis]
    return np.sqrt(d / (d - 1)) * np.stack(unit)
