r"""Neural SDEs $dx = -\nabla Φ(x, t)\, dt + σ(x, t)\, dW$ of a Lagrangian bridge.

The potential Φ is that of OT-Flow (Onken et al., 2021), as in Koshizuka and Sato's
neural Lagrangian Schrödinger bridges (2023).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.networks.mlp import MLP, affine

# Rank of the quadratic form in OT-Flow, at most the dimension of space and time.
_RANK = 10


class OTFlowPotential(eqx.Module):
    r"""$Φ(s) = w^\top N(s) + \frac12 s^\top A^\top A s + b^\top s$ with $s = (x, t)$.

    N is a residual network whose activation is the antiderivative of tanh. The
    original's additive constant is omitted, as it changes no gradient.
    """

    opening: eqx.nn.Linear
    residual: tuple[eqx.nn.Linear, ...]
    w: Float[Array, " width"]
    a: Float[Array, "rank size"]
    b: Float[Array, " size"]

    def __init__(self, dimension: int, width: int, layers: int, *, key: PRNGKeyArray):
        """`layers` counts the opening layer and the residual ones after it."""
        size = dimension + 1
        keys = jax.random.split(key, layers + 1)
        self.opening = eqx.nn.Linear(size, width, key=keys[0])
        self.residual = tuple(
            eqx.nn.Linear(width, width, key=k) for k in keys[1:layers]
        )
        self.w, self.b = jnp.ones(width), jnp.zeros(size)
        xavier = jax.nn.initializers.glorot_uniform()
        self.a = xavier(keys[layers], (min(_RANK, size), size))

    def __call__(self, x: Float[Array, " d"], t: Float[Array, ""]) -> Float[Array, ""]:
        s = jnp.append(x, t)
        u = _log_cosh(affine(self.opening, s))
        for layer in self.residual:
            u = u + _log_cosh(affine(layer, u)) / len(self.residual)
        return self.w @ u + 0.5 * jnp.sum((self.a @ s) ** 2) + self.b @ s


@jax.custom_jvp
def _log_cosh(x: Array) -> Array:
    """The antiderivative of tanh, up to a constant."""
    return jnp.logaddexp(x, -x)


@_log_cosh.defjvp
def _(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    # One tanh instead of the exponentials of automatic differentiation: a training step
    # takes little more than half the time.
    return _log_cosh(*primals), jnp.tanh(primals[0]) * tangents[0]


class Bridge(eqx.Module):
    """The drift's potential Φ, and the network of the diagonal diffusion σ."""

    potential: OTFlowPotential
    diffusion: MLP

    def drift(self, x: Float[Array, " d"], t: Float[Array, ""]) -> Float[Array, " d"]:
        """-∇Φ."""
        return -jax.grad(self.potential)(x, t)

    def sigma(self, x: Float[Array, " d"], t: Float[Array, ""]) -> Float[Array, " d"]:
        """The diagonal of σ, between -1 and 1; its sign has no effect."""
        return jnp.tanh(self.diffusion(jnp.append(x, t)))


def simulate(
    bridge: Bridge,
    x: Float[Array, " d"],
    noise: Float[Array, "steps d"],
) -> Float[Array, "times d"]:
    """A path from `x` in [0, 1] by Euler and Maruyama, one step per row of `noise`.

    `noise` is standard normal. Returns the positions at all steps, including the start.
    With its gradient this takes less than half the time of diffrax's Euler solver on a
    virtual Brownian tree, which fixed steps do not need.
    """
    steps = len(noise)
    dt = 1 / steps

    def step(x: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
        t, w = now
        x = x + dt * bridge.drift(x, t) + dt**0.5 * bridge.sigma(x, t) * w
        return x, x

    times = dt * jnp.arange(steps, dtype=x.dtype)
    _, path = jax.lax.scan(step, x, (times, noise))
    return jnp.concatenate([x[None], path])


def hjb_residual(
    bridge: Bridge,
    lagrangian: AbstractLagrangian,
    x: Float[Array, " d"],
    t: Float[Array, ""],
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    r"""L along the drift, and the residual of the Hamilton-Jacobi-Bellman equation.

    $r = ∂_t Φ + \frac12 \sum_i σ_i^2 ∂_i^2 Φ + L(x, -\nabla Φ) - |\nabla Φ|^2$ vanishes
    where Φ is the cost-to-go under the optimal control -∇Φ, for Lagrangians whose
    kinetic term is |v|²/2.
    """

    def gradients(x: Array) -> tuple[Array, Array]:
        return jax.grad(bridge.potential, argnums=(0, 1))(x, t)

    (slope, rate), tangent = jax.linearize(gradients, x)
    curvature = jax.vmap(lambda e: tangent(e)[0] @ e)(jnp.eye(len(x), dtype=x.dtype))
    cost = lagrangian.at(t)(x, -slope)
    spread = 0.5 * jnp.sum(bridge.sigma(x, t) ** 2 * curvature)
    return cost, rate + spread + cost - jnp.sum(slope**2)
