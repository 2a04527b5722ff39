"""Neural optimal transport with Lagrangian costs."""

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlot.config import ConfigError, Experiment, load_config, register
    from nlot.costs.flow_density import FlowDensity
    from nlot.costs.images import Image
    from nlot.costs.kernel_density import KernelDensity
    from nlot.costs.lagrangians import Newtonian, Riemannian
    from nlot.costs.metrics import DensityMetric
    from nlot.costs.own import Drifting
    from nlot.measures.domains import Ball, Box
    from nlot.runs.comparing import compare
    from nlot.runs.cost_learning import learn_cost
    from nlot.runs.job import train
    from nlot.runs.solving import learn_metric, solve
    from nlot.runs.store import RunError, load

__version__ = version("nlot")
__all__ = [
    "Ball",
    "Box",
    "ConfigError",
    "DensityMetric",
    "Drifting",
    "Experiment",
    "FlowDensity",
    "Image",
    "KernelDensity",
    "Newtonian",
    "Riemannian",
    "RunError",
    "compare",
    "learn_cost",
    "learn_metric",
    "load",
    "load_config",
    "register",
    "solve",
    "train",
]
# A job of the workflow uses a part of the package; all of it takes seconds to import.
_MODULES = {
    "nlot.config": ("ConfigError", "Experiment", "load_config", "register"),
    "nlot.costs.flow_density": ("FlowDensity",),
    "nlot.costs.images": ("Image",),
    "nlot.costs.kernel_density": ("KernelDensity",),
    "nlot.costs.lagrangians": ("Newtonian", "Riemannian"),
    "nlot.costs.metrics": ("DensityMetric",),
    "nlot.costs.own": ("Drifting",),
    "nlot.measures.domains": ("Ball", "Box"),
    "nlot.runs.comparing": ("compare",),
    "nlot.runs.cost_learning": ("learn_cost",),
    "nlot.runs.job": ("train",),
    "nlot.runs.solving": ("learn_metric", "solve"),
    "nlot.runs.store": ("RunError", "load"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
