"""Neural optimal transport with Lagrangian costs: the paper's experiments, rerun."""

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlot.config import Config, ConfigError, load_config
    from nlot.problems.transport import Task, build_task
    from nlot.runs.metric import MetricRun, load_metric_run, train_metric
    from nlot.runs.store import RunError
    from nlot.runs.transport import Run, load_run, train_run

__version__ = version("nlot")
__all__ = [
    "Config",
    "ConfigError",
    "MetricRun",
    "Run",
    "RunError",
    "Task",
    "build_task",
    "load_config",
    "load_metric_run",
    "load_run",
    "train_metric",
    "train_run",
]
# A job of the workflow uses a part of the package; all of it takes seconds to import.
_MODULES = {
    "nlot.config": ("Config", "ConfigError", "load_config"),
    "nlot.runs.metric": ("MetricRun", "load_metric_run", "train_metric"),
    "nlot.runs.transport": ("Run", "load_run", "train_run"),
    "nlot.runs.store": ("RunError",),
    "nlot.problems.transport": ("Task", "build_task"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
