"""Registries of the kinds of settings, as strings so that nothing is imported.

A kind names a class, "module:Class", whose nested `Config` holds its settings, or the
module of a method, which itself has a `Config`. It is imported when settings of that
kind are read.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import pydantic
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from nlot.config.base import Part
from nlot.config.errors import NESTED, unknown

KINDS: dict[str, dict[str, str]] = {
    "problem": {
        "transport": "nlot.problems.transport:Transport",
        "sequence": "nlot.problems.sequence:MeasuresInTime",
        "collection": "nlot.problems.collection:Collection",
        "geodesics": "nlot.problems.geodesics:Geodesics",
        "pairs": "nlot.problems.pairs:Pairs",
    },
    "method": {
        "nlot": "nlot.methods.nlot",
        "nlot_plus": "nlot.methods.nlot_plus",
        "nlsb": "nlot.methods.nlsb",
        "entropic": "nlot.methods.entropic",
        "kernel_paths": "nlot.methods.kernel_paths",
        "legs": "nlot.methods.legs",
        "sinkhorn_bridges": "nlot.methods.sinkhorn_bridges",
        "metric_nlot": "nlot.methods.metric_nlot",
        "metric_nlot_plus": "nlot.methods.metric_nlot_plus",
        "scarvelis_solomon": "nlot.methods.scarvelis_solomon",
        "estimated_density": "nlot.methods.estimated_density",
        "path_costs": "nlot.methods.path_costs",
        "chebyshev": "nlot.methods.chebyshev",
        "shooting": "nlot.methods.shooting",
        "newton": "nlot.methods.newton",
        "monge_cost": "nlot.methods.monge_cost",
        "monge_cost_plus": "nlot.methods.monge_cost_plus",
        "mlp_cost": "nlot.methods.mlp_cost",
        "pair_regression": "nlot.methods.pair_regression",
    },
    "measure": {
        "uniform": "nlot.measures.distributions:Uniform",
        "gaussian": "nlot.measures.distributions:Gaussian",
        "gaussian_mixture": "nlot.measures.distributions:GaussianMixture",
        "ring": "nlot.measures.ring:Ring",
        "samples": "nlot.measures.empirical:Empirical",
        "turned": "nlot.measures.turned:Turned",
        "on_surface": "nlot.costs.surface:OnSurface",
    },
    "domain": {
        "box": "nlot.measures.domains:Box",
        "ball": "nlot.measures.domains:Ball",
    },
    "lagrangian": {
        "newtonian": "nlot.costs.lagrangians:Newtonian",
        "riemannian": "nlot.costs.lagrangians:Riemannian",
        "drift": "nlot.costs.own:Drifting",
        "convex": "nlot.costs.convex:Displacing",
        "python": "nlot.costs.own:OwnLagrangian",
    },
    "potential": {
        "boxes": "nlot.costs.obstacles:Boxes",
        "discs": "nlot.costs.obstacles:Discs",
        "quadrics": "nlot.costs.obstacles:Quadrics",
        "hill": "nlot.costs.potentials:Hill",
        "well": "nlot.costs.potentials:Well",
        "log_density": "nlot.costs.log_density:LogDensity",
        "surface": "nlot.costs.surface:Surface",
        "image": "nlot.costs.images:Image",
        "python": "nlot.costs.potentials:OwnPotential",
    },
    "metric": {
        "circle": "nlot.costs.metrics:CircleMetric",
        "vee": "nlot.costs.metrics:VeeMetric",
        "cross": "nlot.costs.metrics:CrossMetric",
        "density": "nlot.costs.metrics:DensityMetric",
        "land": "nlot.costs.land:LandMetric",
        "python": "nlot.costs.metrics:OwnMetric",
    },
    "density": {
        "gaussian": "nlot.costs.densities:GaussianDensity",
        "gaussian_mixture": "nlot.costs.densities:MixtureDensity",
        "ring": "nlot.costs.densities:RingDensity",
        "power": "nlot.costs.densities:PowerDensity",
        "kernel": "nlot.costs.kernel_density:KernelDensity",
        "flow": "nlot.costs.flow_density:FlowDensity",
        "fitted": "nlot.costs.fitted_density:FittedDensity",
        "python": "nlot.costs.densities:OwnDensity",
    },
    "convex": {
        "p_norm": "nlot.costs.convex:NormPower",
        "elastic": "nlot.costs.convex:Elastic",
        "mahalanobis": "nlot.costs.convex:Mahalanobis",
        "huber": "nlot.costs.convex:Huber",
        "python": "nlot.costs.convex:OwnConvex",
    },
    "drift": {
        "python": "nlot.costs.own:OwnDrift",
    },
    "data": {
        "generated": "nlot.measures.particles:Particles",
        "samples": "nlot.measures.sequences:GivenSamples",
    },
    "paired": {
        "aligned": "nlot.measures.aligned:Aligned",
        "pair_files": "nlot.measures.pair_files:PairFiles",
        "cell_counts": "nlot.measures.counts:CellCounts",
        "unpaired": "nlot.measures.pair_files:Unpaired",
        "random_images": "nlot.networks.random_images:RandomImages",
        "gaussian_images": "nlot.costs.optimal_images:GaussianImages",
        "optimal_images": "nlot.costs.optimal_images:OptimalImages",
    },
    "loss": {
        "pairs": "nlot.methods.monge_cost.losses:PairsLoss",
        "mass": "nlot.methods.monge_cost.losses:Mass",
        "low_rank": "nlot.methods.monge_cost.losses:LowRank",
        "directions": "nlot.methods.monge_cost.losses:Directions",
        "subsets": "nlot.methods.monge_cost.losses:Subsets",
        "python": "nlot.methods.monge_cost.losses:OwnLoss",
    },
    "clouds": {
        "drawn": "nlot.measures.clouds:Drawn",
        "folder": "nlot.measures.clouds:Folder",
    },
}


def register(what: str, kind: str, target: str) -> None:
    """Add a kind of settings.

    **Arguments:** `what` is a key of `KINDS`, `kind` the name in presets, `target` the
    "module:Class" whose nested `Config` describes the settings, or for a method the
    module. Raises `ValueError` for an unknown `what`, or a kind that is taken.
    """
    if what not in KINDS:
        raise ValueError(unknown("", what, KINDS))
    if KINDS[what].get(kind, target) != target:
        raise ValueError(f"{what} {kind!r} is registered as {KINDS[what][kind]}")
    KINDS[what][kind] = target


def target(what: str, kind: str) -> Any:
    """The class, or the module of a method, that is registered for a kind.

    Raises `ValueError` for an unknown kind.
    """
    kinds = KINDS[what]
    if kind not in kinds:
        raise ValueError(unknown("kind", kind, kinds))
    module, _, name = kinds[kind].partition(":")
    found = importlib.import_module(module)
    return getattr(found, name) if name else found


def settings_class(what: str, kind: str) -> type[Part]:
    """The class of the settings of a kind; raises `ValueError` as `target` does."""
    return target(what, kind).Config


class Kind:
    """Marks a field of settings that may be of any registered kind of `what`.

    Except those `without`: settings of a kind that contains its own would have no end.
    """

    def __init__(self, what: str, without: tuple[str, ...] = ()):
        self.what, self.without = what, without

    @property
    def _valid(self) -> list[str]:
        return [kind for kind in KINDS[self.what] if kind not in self.without]

    def _validated(self, data: Any) -> Part:
        """Settings from a mapping with the key `kind`, validated by that kind's class.

        Its errors are wrapped in one that keeps their locations, for `describe`.
        """
        if isinstance(data, Part):
            return data
        if not isinstance(data, Mapping):
            raise ValueError(f"expected a mapping of keys, found {data!r}")
        if "kind" not in data:
            valid = ", ".join(self._valid)
            raise ValueError(f"no key 'kind'; valid kinds: {valid}")
        if data["kind"] in self.without:
            raise ValueError(unknown("kind", data["kind"], self._valid))
        settings = settings_class(self.what, str(data["kind"]))
        try:
            return settings.model_validate(data)
        except pydantic.ValidationError as error:
            raise PydanticCustomError(
                NESTED, "invalid settings", {"errors": error.errors()}
            ) from None

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda part, info: part.model_dump(mode=info.mode), info_arg=True
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        classes = [settings_class(self.what, kind) for kind in self._valid]
        # Of a union, each class is written once and then referred to.
        return handler(
            core_schema.union_schema([cls.__pydantic_core_schema__ for cls in classes])
        )
