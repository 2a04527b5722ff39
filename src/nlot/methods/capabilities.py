"""What runs can do, by name: what others ask for in place of a run's class.

All take and return arrays of n points of dimension d; a control has capabilities, too.
"""

from typing import Any, Protocol, runtime_checkable

from jaxtyping import Array, Float, PRNGKeyArray

from nlot.paths.own_paths import OwnPaths


@runtime_checkable
class Map(Protocol):
    """A map from source to target.

    A `stochastic` one draws with the key; without any, with one of the run's seed.
    """

    @property
    def stochastic(self) -> bool: ...

    def transport(
        self, x: Float[Any, "n d"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "n d"]: ...


@runtime_checkable
class Paths(Map, Protocol):
    """Paths from x to its image, at times from 0 to the problem's horizon."""

    def path(
        self,
        x: Float[Any, "n d"],
        times: Float[Any, " times"],
        key: PRNGKeyArray | None = None,
    ) -> Float[Array, "n times d"]: ...


@runtime_checkable
class MeasuredPaths(Map, Protocol):
    """Action, and time inside obstacles, of the paths from x to its image y."""

    def own_paths(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], key: PRNGKeyArray
    ) -> OwnPaths: ...


@runtime_checkable
class Geodesics(Protocol):
    """Amortised paths between given ends: corners at the fractions s, in double."""

    def polygons(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], s: Float[Any, " corners"]
    ) -> Float[Any, "n corners d"]: ...


@runtime_checkable
class Potential(Protocol):
    """The Kantorovich potential of the target."""

    def potential(self, y: Float[Any, "n d"]) -> Float[Array, " n"]: ...


@runtime_checkable
class Cost(Protocol):
    """The cost of motion between given ends, as the run estimates it."""

    def cost(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"]
    ) -> Float[Array, " n"]: ...


@runtime_checkable
class Metric(Protocol):
    """A metric that acts on velocities."""

    def metric(self, x: Float[Any, "n d"]) -> Float[Array, "n d d"]: ...


@runtime_checkable
class Carry(Protocol):
    """Points of the first of K measures at the times of all of them."""

    def carry(self, x: Float[Any, "n d"]) -> Float[Array, "K n d"]: ...


@runtime_checkable
class Journey(Carry, Protocol):
    """The same by maps between neighbouring measures, with paths between given ends.

    Pair i leads from measure i to measure i + 1; times are from 0 to 1.
    """

    def leg(self, x: Float[Any, "n d"], pair: int) -> Float[Array, "n d"]: ...

    def path(
        self, x: Float[Any, "n d"], y: Float[Any, "n d"], times: Float[Any, " times"]
    ) -> Float[Array, "n times d"]: ...


CAPABILITIES: dict[str, type] = {
    "map": Map,
    "paths": Paths,
    "own_paths": MeasuredPaths,
    "geodesics": Geodesics,
    "potential": Potential,
    "cost": Cost,
    "metric": Metric,
    "carry": Carry,
    "journey": Journey,
}


def capable(run: Any, capability: str) -> bool:
    """Whether a run or control has a capability, a key of `CAPABILITIES`."""
    return isinstance(run, CAPABILITIES[capability])
