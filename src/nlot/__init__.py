"""Neural optimal transport with Lagrangian costs: the paper's experiments, rerun."""

from importlib.metadata import version

from nlot.config import Config, ConfigError, load_config
from nlot.runs import Run, RunError, load_run, train_run
from nlot.tasks import Task, build_task

__version__ = version("nlot")
__all__ = [
    "Config",
    "ConfigError",
    "Run",
    "RunError",
    "Task",
    "build_task",
    "load_config",
    "load_run",
    "train_run",
]
