"""Transport between two measures under a known Lagrangian."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Array, Float, PRNGKeyArray
from pydantic import Field, PositiveFloat

from nlot.config.base import Part, dimension_of, files_of
from nlot.config.kinds import Kind
from nlot.config.sections import ProblemConfig
from nlot.costs.checks import check_density, kinetic_mass
from nlot.costs.lagrangians import AbstractLagrangian, Standardised
from nlot.measures.distributions import AbstractMeasure, MeasureConfig
from nlot.measures.domains import AbstractDomain, Box
from nlot.measures.empirical import Empirical
from nlot.measures.standardise import Standardise
from nlot.measures.turned import Turned, is_copy

# Times at which positions are asked.
Times = Sequence[float | int] | Float[np.ndarray | Array, " times"]
# Largest dimension in which ground truth is computed by default.
_TRUTH = 3
# Derives the key of samples from a run's.
_SAMPLES = zlib.crc32(b"samples")
# Points that show where the measures lie, and the margin round them, as a fraction of
# their extent.
_DRAWS, _MARGIN = 1024, 0.25


class Transport(eqx.Module):
    """Source μ, target ν, Lagrangian and horizon, in the user's units.

    **Attributes:** besides these, the dimension, what `standard` needs - `frame`, the
    standard coordinates, and `unit`, the standard unit of cost -, `domain`, the region
    that images are confined to, and `support`, a box in which the source's samples lie:
    all that are given, or nearly all.
    """

    class Config(ProblemConfig):
        """Transport between two measures under a known Lagrangian."""

        kind: Literal["transport"]
        source: Annotated[MeasureConfig, Kind("measure")] = Field(description="μ")
        target: Annotated[MeasureConfig, Kind("measure")] = Field(description="ν")
        lagrangian: Annotated[Part, Kind("lagrangian")] = Field(description="L(x, v)")
        horizon: PositiveFloat = Field(1.0, description="T, duration of a path")
        domain: Annotated[Part, Kind("domain")] | None = Field(
            None,
            description="region that images are confined to, by all maps but that of "
            "`nlsb`; none: a box round both measures",
        )
        standardise: Standardise.Config | None = Field(
            None,
            description="coordinates of the networks; none: fitted to the measures",
        )
        ground_truth: bool | None = Field(
            None,
            description="whether maps are compared with exact costs and bounds; none: "
            f"in at most {_TRUTH} dimensions",
        )

        @property
        def dimension(self) -> int:
            return dimension_of(self.source) or 0

        @property
        def has_ground_truth(self) -> bool:
            if self.ground_truth is None:
                return self.dimension <= _TRUTH
            return self.ground_truth

        @property
        def has_surface(self) -> bool:
            """Whether motion should stay on a surface."""
            potential = getattr(self.lagrangian, "potential", None)
            return getattr(potential, "kind", None) == "surface"

        @property
        def has_straight_paths(self) -> bool:
            return getattr(self.lagrangian, "straight", False)

        @property
        def files(self) -> tuple[str, ...]:
            return files_of(self)

        @pydantic.model_validator(mode="after")
        def _one_dimension(self) -> "Transport.Config":
            d = self.dimension
            for name in ("target", "lagrangian", "domain", "standardise"):
                part = getattr(self, name)
                other = None if part is None else dimension_of(part)
                if other not in (None, d):
                    raise ValueError(
                        f"source has dimension {d}, {name} has dimension {other}"
                    )
            return self

        def load(self, path: Any = None) -> "Transport":
            given = self.standardise
            return self._built(None if given is None else given.build())

        def reopen(self, outline: dict[str, Any]) -> "Transport":
            return self._built(Standardise(**outline["frame"]), outline["unit"])

        def _built(self, frame: Standardise | None, unit: float | None = None) -> Any:
            return Transport.between(
                self.source.build(),
                self.target.build(),
                self.lagrangian.build(),
                horizon=self.horizon,
                domain=None if self.domain is None else self.domain.build(),
                frame=frame,
                unit=unit,
            )

    source: AbstractMeasure
    target: AbstractMeasure
    lagrangian: AbstractLagrangian
    domain: AbstractDomain
    support: Box
    horizon: float = eqx.field(static=True)
    dimension: int = eqx.field(static=True)
    frame: Standardise = eqx.field(static=True)
    unit: float = eqx.field(static=True)

    @classmethod
    def between(
        cls,
        source: AbstractMeasure,
        target: AbstractMeasure,
        lagrangian: AbstractLagrangian,
        *,
        horizon: float = 1.0,
        domain: AbstractDomain | None = None,
        frame: Standardise | None = None,
        unit: float | None = None,
    ) -> "Transport":
        """The problem between two measures; what is None is fitted to them.

        Raises `ValueError` for a Lagrangian that is not convex in v, and for a density
        that vanishes on one of the measures.
        """
        known = source.training, target.training
        frame = frame or Standardise.fit(*known)
        x, y = (m.spread(jax.random.key(0), _DRAWS) for m in known)
        shown = {"source": _shown(source), "target": _shown(target)}
        if unit is None:
            for name, points in shown.items():
                check_density(lagrangian, name, points)
            times = jnp.linspace(0.0, horizon, len(x))
            mass = kinetic_mass(lagrangian, (x + y) / 2, (y - x) / horizon, times)
            unit = mass * frame.scale**2 / horizon
        return cls(
            source=source,
            target=target,
            lagrangian=lagrangian,
            domain=domain or Box.round(jnp.concatenate([*shown.values()]), _MARGIN),
            support=Box.round(shown["source"], _MARGIN),
            horizon=horizon,
            dimension=x.shape[1],
            frame=frame,
            unit=unit,
        )

    @property
    def training(self) -> "Transport":
        """This problem on the samples that methods train on."""
        return replace(self, source=self.source.training, target=self.target.training)

    @property
    def held_out(self) -> "Transport":
        """This problem on samples that no method trains on."""
        return replace(self, source=self.source.held_out, target=self.target.held_out)

    @property
    def standard(self) -> "Transport":
        """This problem in standard coordinates, with times in [0, 1].

        Costs are in units of `unit`, that of a standard length in the whole time with
        the kinetic energy of the Lagrangian: numbers of order one.
        """
        frame, d = self.frame, self.dimension
        units = frame.centre, frame.scale, self.horizon, self.unit
        plain = frame.plain and self.horizon == self.unit == 1.0
        return Transport(
            source=frame.measure(self.source),
            target=frame.measure(self.target),
            lagrangian=self.lagrangian
            if plain
            else Standardised(self.lagrangian, *units),
            domain=self.domain.moved(frame.centre, frame.scale),
            support=self.support.moved(frame.centre, frame.scale),
            horizon=1.0,
            dimension=d,
            frame=Standardise((0.0,) * d, 1.0),
            unit=1.0,
        )

    def sample(
        self, key: PRNGKeyArray, n: int
    ) -> tuple[Float[Array, "n d"], Float[Array, "n d"]]:
        """`n` independent samples of the source, and of the target.

        They are others than the batches drawn with the same key. Given samples without
        weights are taken at most once each. Where the target is a turned copy of
        the source, its samples are turned copies, in the same order. Raises
        `ValueError` if fewer than `n` are given.
        """
        key = jax.random.fold_in(key, _SAMPLES)
        if isinstance(self.target, Turned) and self.turned:
            x = _chosen(self.source, key, n)
            return x, self.target.turn(x)
        first, second = jax.random.split(key)
        return _chosen(self.source, first, n), _chosen(self.target, second, n)

    @property
    def turned(self) -> bool:
        """Whether the target is a turned copy of the source."""
        return is_copy(self.target, self.source)

    @property
    def outline(self) -> dict[str, Any]:
        """What a run stores about the problem besides its settings."""
        frame = {"centre": list(self.frame.centre), "scale": self.frame.scale}
        return {"frame": frame, "unit": self.unit}

    @property
    def shift(self) -> Float[Array, " d"]:
        """The displacement of the mean."""
        return self.target.mean - self.source.mean

    def fractions(self, times: Times) -> Float[np.ndarray, " times"]:
        """`times` divided by the horizon T; raises `ValueError` outside [0, T]."""
        s = np.asarray(times, np.float64) / self.horizon
        if s.ndim != 1 or not np.all((s >= 0) & (s <= 1)):
            raise ValueError(
                f"times must be a list within [0, {self.horizon}], found {times}"
            )
        return s


def _shown(measure: AbstractMeasure) -> Float[Array, "n d"]:
    """Points that show where a measure lies: all, or draws."""
    if isinstance(measure, Empirical):
        return measure.points
    return measure.spread(jax.random.key(0), _DRAWS)


def _chosen(measure: AbstractMeasure, key: PRNGKeyArray, n: int) -> Array:
    if not isinstance(measure, Empirical) or measure.weights is not None:
        return measure.sample(key, n)
    given = len(measure.points)
    if given < n:
        raise ValueError(f"{n} samples of a measure are needed, {given} are given")
    return measure.points[jax.random.permutation(key, given)[:n]]


def as_points(x: Float[Any, "*n d"], dimension: int) -> Float[Array, "n d"]:
    """`x` as an array of points in R^`dimension`, in single precision.

    A single point of shape (d,) becomes an array of one. Raises `ValueError` for
    another shape, masked entries, and points that are not finite.
    """
    if np.ma.is_masked(x):
        raise ValueError("points are masked; pass those that are not, without a mask")
    array = jnp.asarray(np.ma.getdata(x) if np.ma.isMA(x) else x, jnp.float32)
    if array.shape == (dimension,):
        array = array[None]
    if array.ndim != 2 or array.shape[1] != dimension:
        raise ValueError(
            f"expected points of shape (n, {dimension}), found {array.shape}"
        )
    # While a function of points is traced they have no values yet.
    if not isinstance(array, jax.core.Tracer):
        bad = np.flatnonzero(~np.isfinite(array).all(axis=1))
        if bad.size:
            raise ValueError(
                f"{bad.size} of {len(array)} points are not finite, the first in row "
                f"{bad[0]}"
            )
    return array
