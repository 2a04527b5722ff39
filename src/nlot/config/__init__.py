"""Typed configuration: the one place where settings and their defaults live."""

from nlot.config.base import (
    ConfigError,
    Part,
    Section,
    Seed,
    merge,
)
from nlot.config.evaluation import (
    ActionConfig,
    DivergenceConfig,
    EvaluationConfig,
    ExactConfig,
    GridConfig,
    GroundTruthConfig,
    LeastActionConfig,
    PaperProtocolConfig,
    ResourcesConfig,
)
from nlot.config.experiment import Experiment
from nlot.config.kinds import register, settings_class, target
from nlot.config.loading import load_config, parse_config
from nlot.config.outputs import FigureConfig, TableConfig
from nlot.config.presets import changed, read_presets
from nlot.config.sections import (
    CTransformConfig,
    FitConfig,
    MethodConfig,
    MovingQuadratureConfig,
    NetworkConfig,
    OptimiserConfig,
    PretrainingConfig,
    ProblemConfig,
    QuadratureConfig,
    RotationConfig,
    Sampling,
    TrainingCTransformConfig,
)

__all__ = [
    "ActionConfig",
    "CTransformConfig",
    "ConfigError",
    "DivergenceConfig",
    "EvaluationConfig",
    "ExactConfig",
    "Experiment",
    "FigureConfig",
    "FitConfig",
    "GridConfig",
    "GroundTruthConfig",
    "LeastActionConfig",
    "MethodConfig",
    "MovingQuadratureConfig",
    "NetworkConfig",
    "OptimiserConfig",
    "PaperProtocolConfig",
    "Part",
    "PretrainingConfig",
    "ProblemConfig",
    "QuadratureConfig",
    "ResourcesConfig",
    "RotationConfig",
    "Sampling",
    "Section",
    "Seed",
    "TableConfig",
    "TrainingCTransformConfig",
    "changed",
    "load_config",
    "merge",
    "parse_config",
    "read_presets",
    "register",
    "settings_class",
    "target",
]
