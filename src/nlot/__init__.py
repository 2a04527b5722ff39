"""Neural optimal transport with Lagrangian costs: the paper's experiments, rerun."""

from importlib.metadata import version

from nlot.config import Config, ConfigError, load_config
from nlot.metric_runs import MetricRun, load_metric_run, train_metric
from nlot.runs import Run, load_run, train_run
from nlot.storage import RunError
from nlot.tasks import Task, build_task

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
