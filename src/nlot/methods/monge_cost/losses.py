"""What a learned map should be like: losses of `monge_cost`."""

import abc
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.scipy.special import logsumexp
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from nlot.config.base import Part, Section
from nlot.costs.functions import returned
from nlot.costs.python_files import PythonConfig
from nlot.discrete.entropic import divergence

# Keeps directions of displacements finite where nothing moves.
_TINY = 1e-12
_Value = tuple[Float[Array, ""], Float[Array, ""]]


class Known(NamedTuple):
    """What a loss sees: a map between samples of two measures, and its plan.

    Coordinates are standard; `pairs` are those that are known. `images(rows)` are those
    of samples x, and with each whether (∇h)⁻¹ was found. `back` says that it is the map
    back: x are samples of the target.
    """

    images: Callable[[Int[Array, " k"]], tuple[Float[Array, "k d"], Bool[Array, " k"]]]
    x: Float[Array, "n d"]
    y: Float[Array, "m d"]
    pairs: Int[Array, "k 2"]
    plan: Float[Array, "n m"]
    back: bool = False


class LossConfig(Part):
    """Base of the settings of losses."""

    def start(self, dimension: int, key: PRNGKeyArray) -> "AbstractLoss":
        """The loss, with what it learns as it is before training."""
        raise NotImplementedError

    def refuses_data(self, problem: Any) -> str | None:
        """Why the loss cannot be measured on a loaded problem; None if it can."""
        return None


class AbstractLoss(eqx.Module):
    """A loss of maps; its arrays are learned with the cost."""

    @abc.abstractmethod
    def __call__(self, known: Known) -> _Value:
        """Its value, and the share of images where (∇h)⁻¹ was found."""


class PairsLoss(AbstractLoss):
    """The mean squared distance of images from the known ones."""

    class Config(LossConfig):
        """The mean squared distance of images from the known ones."""

        kind: Literal["pairs"]

        def refuses_data(self, problem: Any) -> str | None:
            return None if len(problem.pairs) else "no pairs are known"

        def start(self, dimension: int, key: PRNGKeyArray) -> "PairsLoss":
            return PairsLoss()

    def __call__(self, known: Known) -> _Value:
        rows, columns = known.pairs.T
        images, found = known.images(rows)
        squared = jnp.sum((images - known.y[columns]) ** 2, axis=1)
        return jnp.mean(squared), jnp.mean(found)


class Mass(AbstractLoss):
    """The share of the known pairs' mass that the plan puts elsewhere.

    No map is seen: the baseline of Howard et al. that learns the coupling matrix.
    """

    class Config(LossConfig):
        """The share of the known pairs' mass that the plan puts elsewhere."""

        kind: Literal["mass"]

        def refuses_data(self, problem: Any) -> str | None:
            return None if len(problem.pairs) else "no pairs are known"

        def start(self, dimension: int, key: PRNGKeyArray) -> "Mass":
            return Mass()

    def __call__(self, known: Known) -> _Value:
        rows, columns = known.pairs.T
        most = len(rows) / max(known.plan.shape)
        return 1 - jnp.sum(known.plan[rows, columns]) / most, jnp.ones(())


class LowRank(AbstractLoss):
    r"""How far displacements leave their leading directions, and images the target.

    $\sum_{k > r} σ_k / \sum_k σ_k$, the singular values of the displacements of all
    samples, and the Sinkhorn divergence of images from target samples.
    """

    class Config(LossConfig):
        """Displacements of low rank."""

        kind: Literal["low_rank"]
        rank: PositiveInt = Field(2, description="r, of the displacements")
        fit: NonNegativeFloat = Field(
            1.0, description="weight of the images' divergence from the target"
        )

        def start(self, dimension: int, key: PRNGKeyArray) -> "LowRank":
            return LowRank(self.rank, self.fit)

        def refuses_data(self, problem: Any) -> str | None:
            d = problem.dimension
            if self.rank >= d:
                return f"loss.rank is {self.rank}; it must be below the dimension, {d}"
            return None

    rank: int = eqx.field(static=True)
    fit: float = eqx.field(static=True)

    def __call__(self, known: Known) -> _Value:
        images, found = known.images(jnp.arange(len(known.x)))
        sizes = jnp.linalg.svd(images - known.x, compute_uv=False)
        outside = jnp.sum(sizes[self.rank :]) / jnp.sum(sizes)
        value = outside + self.fit * divergence(images, known.y)
        return value, jnp.mean(found)


class Directions(AbstractLoss):
    r"""How far displacements are from the nearest of k directions, which are learned.

    The mean soft minimum over directions $θ_j$ of $1 - \cos(x - T(x), θ_j)$, and the
    Sinkhorn divergence as in `LowRank`.
    """

    class Config(LossConfig):
        """Displacements along few directions, which are learned."""

        kind: Literal["directions"]
        number: PositiveInt = Field(2, description="k, of directions")
        sharpness: NonNegativeFloat = Field(
            20.0, description="of the soft minimum: the inverse of its width"
        )
        fit: NonNegativeFloat = Field(
            1.0, description="weight of the images' divergence from the target"
        )

        def start(self, dimension: int, key: PRNGKeyArray) -> "Directions":
            axes = jax.random.normal(key, (self.number, dimension))
            return Directions(axes, self.sharpness, self.fit)

    axes: Float[Array, "k d"]
    sharpness: float = eqx.field(static=True)
    fit: float = eqx.field(static=True)

    def __call__(self, known: Known) -> _Value:
        images, found = known.images(jnp.arange(len(known.x)))
        apart = 1 - _unit(images - known.x) @ _unit(self.axes).T
        k, s = len(self.axes), self.sharpness
        nearest = -(logsumexp(-s * apart, axis=1) - jnp.log(k)) / s
        value = jnp.mean(nearest) + self.fit * divergence(images, known.y)
        return value, jnp.mean(found)


class Group(Section):
    """Samples of the source that go to these of the target, in unknown order."""

    source: tuple[NonNegativeInt, ...] = Field(min_length=2, description="their rows")
    target: tuple[NonNegativeInt, ...] = Field(min_length=2, description="their rows")


class Subsets(AbstractLoss):
    """The mean Sinkhorn divergence of images of groups from where these should go."""

    class Config(LossConfig):
        """The mean Sinkhorn divergence of groups' images from where they should go."""

        kind: Literal["subsets"]
        groups: tuple[Group, ...] = Field(
            min_length=1, description="known groups of samples"
        )

        def refuses_data(self, problem: Any) -> str | None:
            for k, group in enumerate(self.groups):
                sides = (group.source, group.target)
                for name, rows, n in zip(
                    ("source", "target"), sides, problem.counts, strict=True
                ):
                    if max(rows) >= n:
                        return (
                            f"loss.groups[{k}].{name} has index {max(rows)}; there are "
                            f"{n} samples, 0 to {n - 1}"
                        )
            return None

        def start(self, dimension: int, key: PRNGKeyArray) -> "Subsets":
            return Subsets(tuple((g.source, g.target) for g in self.groups))

    groups: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = eqx.field(static=True)

    def __call__(self, known: Known) -> _Value:
        values, shares = [], []
        for group in self.groups:
            rows, ends = group[::-1] if known.back else group
            images, found = known.images(jnp.array(rows))
            values.append(divergence(images, known.y[jnp.array(ends)]))
            shares.append(jnp.mean(found))
        return jnp.mean(jnp.stack(values)), jnp.mean(jnp.stack(shares))


class OwnLoss(AbstractLoss):
    """A function f(images, x, y) of the images of all samples x, and the samples y."""

    class Config(PythonConfig, LossConfig):
        """A function f(images, x, y) in a Python file.

        Arrays of shape (n, d), (n, d) and (m, d), in standard coordinates; for the map
        back x are samples of the target.
        """

        kind: Literal["python"]

        def start(self, dimension: int, key: PRNGKeyArray) -> "OwnLoss":
            return OwnLoss(self.function())

    function: Callable[..., Any] = eqx.field(static=True)

    def __call__(self, known: Known) -> _Value:
        images, found = known.images(jnp.arange(len(known.x)))
        value = self.function(images, known.x, known.y)
        return returned("loss", value, (), images), jnp.mean(found)


def _unit(vectors: Float[Array, "n d"]) -> Float[Array, "n d"]:
    return vectors / jnp.sqrt(jnp.sum(vectors**2, axis=1, keepdims=True) + _TINY)
