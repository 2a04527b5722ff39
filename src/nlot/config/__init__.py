"""Typed configuration: the single place for settings and their defaults."""

from nlot.config.base import ConfigError, Part, Section, merge
from nlot.config.evaluation import EvaluationConfig, GridConfig, LeastActionConfig
from nlot.config.experiment import Experiment
from nlot.config.kinds import register, settings_class, target
from nlot.config.loading import load_config, parse_config
from nlot.config.outputs import FigureConfig, TableConfig
from nlot.config.presets import changed, read_presets
from nlot.config.sections import (
    FitConfig,
    MethodConfig,
    NetworkConfig,
    OptimiserConfig,
    ProblemConfig,
    RotationConfig,
)

__all__ = [
    "ConfigError",
    "EvaluationConfig",
    "Experiment",
    "FigureConfig",
    "FitConfig",
    "GridConfig",
    "LeastActionConfig",
    "MethodConfig",
    "NetworkConfig",
    "OptimiserConfig",
    "Part",
    "ProblemConfig",
    "RotationConfig",
    "Section",
    "TableConfig",
    "changed",
    "load_config",
    "merge",
    "parse_config",
    "read_presets",
    "register",
    "settings_class",
    "target",
]
