"""The three networks of Algorithm 1: potential g, map y, spline coefficients φ.

They work in standard coordinates (`nlot.measures.standardise`).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.config.sections import JumpingConfig
from nlot.networks.mlp import MLP, affine
from nlot.paths.splines import CubicSpline

# First coefficient of a head's path before training.
_BEND = 0.3


class PotentialNetwork(eqx.Module):
    """The Kantorovich potential g_θ: (d,) to a scalar.

    With a `skip` M, the quadratic function y·M(y) is added to the perceptron's output.
    """

    mlp: MLP
    skip: eqx.nn.Linear | None = None

    def __call__(self, y: Float[Array, " d"]) -> Float[Array, ""]:
        g = self.mlp(y)[0]
        return g if self.skip is None else g + y @ affine(self.skip, y)

    def times(self, factor: float) -> "PotentialNetwork":
        """This potential multiplied by `factor`."""
        skip = jax.tree.map(lambda leaf: factor * leaf, self.skip)
        return PotentialNetwork(self.mlp.times(factor), skip)


class MapNetwork(eqx.Module):
    """The amortised c-transform y_ζ: (d,) to (d,), a displacement added to x.

    With several `heads` it predicts several images, and chooses one of them: a map that
    jumps. The last outputs are then the logits of that choice. With a `skip`, this
    affine function of x is added to the displacement.
    """

    mlp: MLP
    heads: int = eqx.field(static=True, default=1)
    skip: eqx.nn.Linear | None = None

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        images, logits = self.alternatives(x)
        return images[jnp.argmax(logits)]

    def alternatives(
        self, x: Float[Array, " d"]
    ) -> tuple[Float[Array, "heads d"], Float[Array, " heads"]]:
        """The image of each head, and the logits of the choice."""
        flat, logits = _parts(self.mlp(x), self.heads)
        start = x if self.skip is None else x + affine(self.skip, x)
        return start + flat.reshape(self.heads, -1), logits


class SplineNetwork(eqx.Module):
    """The amortised path φ_η: two ends of shape (d,) to coefficients (size, d).

    With several `heads` it predicts several paths, and chooses one of them: where the
    best path jumps from one way round to another, a continuous network would cut
    through. The last outputs are then the logits of that choice.
    """

    mlp: MLP
    heads: int = eqx.field(static=True, default=1)

    def __call__(
        self, x: Float[Array, " d"], y: Float[Array, " d"]
    ) -> Float[Array, "size d"]:
        paths, logits = self.alternatives(x, y)
        return paths[jnp.argmax(logits)]

    def alternatives(
        self, x: Float[Array, " d"], y: Float[Array, " d"]
    ) -> tuple[Float[Array, "heads size d"], Float[Array, " heads"]]:
        """The path of each head, and the logits of the choice."""
        flat, logits = _parts(self.mlp(jnp.concatenate([x, y])), self.heads)
        return flat.reshape(self.heads, -1, x.shape[0]), logits

    def straight(self) -> "SplineNetwork":
        """This network with a last layer of zeros: all paths are straight."""
        return eqx.tree_at(lambda n: n.mlp, self, self.mlp.times(0.0))

    def nearly_straight(self, chord: Float[Array, " d"]) -> "SplineNetwork":
        """This network with its last layer shrunk: paths start close to lines.

        Several heads start bent to different sides of `chord`, an average displacement,
        by turns: a path seldom changes sides in training.
        """
        last = self.mlp.layers[-1]
        bias = jnp.zeros(last.out_features)
        if self.heads > 1:
            d = len(chord)
            frame = jnp.linalg.qr(jnp.column_stack([chord, jnp.eye(d)]))[0]
            across = jnp.roll(frame, -1, axis=1).T  # `chord` comes last
            sides = jnp.stack([across, -across], axis=1).reshape(-1, d)
            size = len(bias) // self.heads - 1
            for k in range(self.heads):
                bend = _BEND * sides[k % len(sides)]
                bias = bias.at[k * size : k * size + d].set(bend)
        return eqx.tree_at(
            lambda n: (n.mlp.layers[-1].weight, n.mlp.layers[-1].bias),
            self,
            (0.1 * last.weight, bias),
        )


class Networks(eqx.Module):
    """What a run learns: potential g, map y and spline coefficients φ."""

    potential: PotentialNetwork
    map: MapNetwork
    spline: SplineNetwork


def _outputs(each: int, heads: int) -> int:
    """Outputs of a network whose heads have `each`: several have a logit as well."""
    return heads * (each + (heads > 1))


def _parts(out: Array, heads: int) -> tuple[Array, Array]:
    """Splits the logits from the end of a network's outputs."""
    if heads == 1:
        return out, jnp.zeros(1, out.dtype)
    first, logits = jnp.split(out, [len(out) - heads])
    return first, logits


def build_networks(
    dimension: int, config: JumpingConfig, *, key: PRNGKeyArray
) -> Networks:
    """Untrained networks for points of a `dimension`.

    `config` has the sizes of the networks and the number of knots.
    """
    keys = jax.random.split(key, 3)
    d, g, y, s = dimension, config.potential, config.map, config.spline
    point = _outputs(d, y.heads)
    path = _outputs(d * CubicSpline(config.knots).size, s.heads)
    return Networks(
        PotentialNetwork(MLP(d, 1, g.hidden, g.activation, key=keys[0])),
        MapNetwork(MLP(d, point, y.hidden, y.activation, key=keys[1]), y.heads),
        SplineNetwork(MLP(2 * d, path, s.hidden, s.activation, key=keys[2]), s.heads),
    )
