"""What is measured, tabulated and drawn, and with what resources."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import Name, NonNegative, Section, Seed


class PaperProtocolConfig(Section):
    """Entropic squared W2 between small samples, as in the paper's Table 1."""

    points: PositiveInt = Field(128, description="samples a side")
    draws: PositiveInt = Field(50, description="independent pairs of draws")
    epsilon: PositiveFloat = Field(1e-3, description="entropic regularisation")
    max_iterations: PositiveInt = Field(2000, description="of Sinkhorn")


class ExactConfig(Section):
    """Exact squared W2 by network simplex."""

    points: PositiveInt = Field(2048, description="samples a side")
    draws: PositiveInt = Field(8, description="independent pairs of draws")


class DivergenceConfig(Section):
    """Debiased Sinkhorn divergence."""

    points: PositiveInt = Field(1024, description="samples a side")
    draws: PositiveInt = Field(4, description="independent pairs of draws")
    epsilon: PositiveFloat = Field(
        1e-2, description="regularisation, as a fraction of the squared task bounds"
    )
    max_iterations: PositiveInt = Field(2000, description="of Sinkhorn")


class ActionConfig(Section):
    """Mean action of the transported paths, refined to paths of least action."""

    points: PositiveInt = Field(
        512, description="evenly spread points of the source, best a power of two"
    )
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")
    nodes: Annotated[int, Field(ge=2)] = Field(100, description="midpoint nodes")
    max_steps: PositiveInt = Field(200, description="limit of the path solver")
    tolerance: PositiveFloat = Field(1e-6, description="of the path solver")


class EvaluationConfig(Section):
    """How every method and control is measured."""

    paper: PaperProtocolConfig = PaperProtocolConfig()
    exact: ExactConfig = ExactConfig()
    divergence: DivergenceConfig = DivergenceConfig()
    action: ActionConfig = ActionConfig()


Control = Literal["floor", "translation", "euclidean_ot"]


class Table1Config(Section):
    """Rows and columns of Table 1."""

    tasks: tuple[Name, ...] = Field(min_length=1, description="columns, in order")
    methods: tuple[Name, ...] = Field(min_length=1, description="trained rows")
    controls: tuple[Control, ...] = Field((), description="rows that need no training")


MetricControl = Literal[
    "true_metric", "random_metric", "euclidean_metric", "nearest_particle"
]


class Table2Config(Section):
    """Rows and columns of Table 2."""

    sequences: tuple[Name, ...] = Field(min_length=1, description="columns, in order")
    learners: tuple[Name, ...] = Field(min_length=1, description="trained rows")
    controls: tuple[MetricControl, ...] = Field(
        (), description="rows that need no training"
    )


class MetricFigureConfig(Section):
    """A figure of learned metrics: a panel a sequence and learner, from one seed."""

    sequences: tuple[Name, ...] = Field(min_length=1, description="panels, in order")
    learners: tuple[Name, ...] = Field(min_length=1, description="rows of panels")
    seed: Seed = Field(0, description="which run is drawn")


class FigureConfig(Section):
    """A figure: a panel a task and method, drawn from one seed."""

    tasks: tuple[Name, ...] = Field(min_length=1, description="panels, in order")
    methods: tuple[Name, ...] = Field(min_length=1, description="rows of panels")
    seed: Seed = Field(0, description="which run is drawn")
    paths: PositiveInt = Field(64, description="transported paths a panel")


class ResourcesConfig(Section):
    """What a training job asks of the scheduler."""

    memory_mb: PositiveInt = Field(2000, description="memory in MB")
    runtime: PositiveInt = Field(30, description="minutes")
    gpu: NonNegative = Field(0, description="number of GPUs")
