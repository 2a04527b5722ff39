"""Sections that several methods' settings share, and the bases of all settings."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pydantic
from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Part, Section

Sampling = Literal["independent", "spread"]
SAMPLING = "how batches are drawn: independently, or evenly spread (less noise)"
AVERAGE = (
    "decay of the exponential average of the weights that is returned; "
    "0: the last weights"
)
REPORT = "steps between progress lines"
SMOOTHING = (
    "standard deviation of the noise on the positions at which the metric is fitted, "
    "as a fraction of the data's half-width"
)
Activation = Literal["elu", "leaky_relu", "relu", "silu", "softplus", "tanh"]
Decay = Annotated[float, Field(ge=0, lt=1)]


class NetworkConfig(Section):
    """A multi-layer perceptron."""

    hidden: tuple[PositiveInt, ...] = Field(description="widths of the hidden layers")
    activation: Activation = Field("leaky_relu", description="nonlinearity")


class HeadsConfig(NetworkConfig):
    """A multi-layer perceptron that predicts alternatives and chooses one."""

    heads: PositiveInt = Field(
        1, description="alternatives; several where maps or best paths jump"
    )


class OptimiserConfig(Section):
    """AdamW with clipping by global norm."""

    learning_rate: PositiveFloat = Field(description="initial learning rate")
    final_fraction: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0,
        description="end of the cosine schedule, as a fraction of the initial rate "
        "(optax's `alpha`); 1: constant",
    )
    beta1: Decay = Field(0.9, description="Adam's β₁")
    beta2: Decay = Field(0.999, description="Adam's β₂")
    weight_decay: Annotated[float, Field(ge=0)] = Field(
        0.0, description="AdamW's decay"
    )
    clip: PositiveFloat | None = Field(
        5.0, description="largest global norm of a gradient; null: no clipping"
    )


class FitConfig(Section):
    """Minibatch steps of one optimiser."""

    steps: PositiveInt = Field(description="number of steps")
    batch: PositiveInt = Field(description="pairs per step")
    optimiser: OptimiserConfig = Field(description="optimiser and its schedule")


class QuadratureConfig(Section):
    """Rule for the action integral."""

    rule: Literal["finite_difference", "midpoint"] = Field(
        description="`finite_difference` (the paper's) or `midpoint`"
    )
    points: Annotated[int, Field(ge=2)] = Field(description="number of points")


class MovingQuadratureConfig(Section):
    """Midpoint rule whose nodes move from step to step."""

    points: Annotated[int, Field(ge=2)] = Field(40, description="nodes of a step")
    offsets: PositiveInt = Field(5, description="positions that the nodes can take")


class CTransformConfig(Section):
    """L-BFGS with backtracking Armijo line search for eq. 6."""

    max_steps: PositiveInt = Field(20, description="limit on evaluations of eq. 6")
    tolerance: PositiveFloat = Field(1e-5, description="relative and absolute")
    history: PositiveInt = Field(10, description="pairs kept by L-BFGS")


class PretrainingConfig(Section):
    """Fit of the spline network on independent pairs before the algorithm starts."""

    steps: NonNegative = Field(description="number of steps; 0: none")


class RotationConfig(Section):
    """A metric R(x) B R(x)ᵀ, R a rotation by a learned angle (eqs. 26 and 27)."""

    hidden: tuple[PositiveInt, ...] = Field(description="widths of the hidden layers")
    activation: Activation = Field("leaky_relu", description="nonlinearity")
    eigenvalues: tuple[PositiveFloat, PositiveFloat] = Field(
        (1.0, 0.1), description="the diagonal of B, largest first"
    )
    angle: Literal["single", "double"] = Field(
        "single",
        description="whether the network's vector points to the angle or to twice it",
    )
    members: PositiveInt = Field(
        1, description="networks whose vectors are averaged, each with its own weights"
    )

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "RotationConfig":
        if self.eigenvalues[0] <= self.eigenvalues[1]:
            raise ValueError(
                f"eigenvalues {self.eigenvalues}: the first must be larger"
            )
        return self

    def refuses(self, dimension: int) -> str | None:
        """Why there is no such metric in that `dimension`; None if there is."""
        if self.angle == "double" and dimension == 1:
            return "metric.angle is 'double'; the line has one direction: use 'single'"
        return None


class ProblemConfig(Part):
    """Base of the settings of problems."""

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        raise NotImplementedError

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it is read from, each once."""
        return ()

    @property
    def generated(self) -> bool:
        """Whether each seed has its own data, generated before training."""
        return False

    @property
    def has_ground_truth(self) -> bool:
        """Whether maps are compared with exact costs and bounds."""
        return False

    @property
    def has_straight_paths(self) -> bool:
        """Whether paths of least action are known to be straight."""
        return False

    def load(self, path: str | Path | None = None) -> Any:
        """The problem; `path` is the file of a seed's generated data.

        Raises `nlot.measures.files.SampleError` for an unusable file.
        """
        raise NotImplementedError

    def reopen(self, outline: dict[str, Any]) -> Any:
        """What a trained run needs of the problem, from the outline in its header."""
        raise NotImplementedError


class MethodConfig(Part):
    """Base of the settings of methods.

    **Class attributes:** `problems`, the kinds of problems that the method solves;
    `capabilities`, what each of its rows can do, by the names in
    `nlot.methods.capabilities`; `variants`, one per row, "" for the row with the
    method's own name.
    """

    problems: ClassVar[tuple[str, ...]]
    capabilities: ClassVar[frozenset[str]]
    variants: ClassVar[tuple[str, ...]] = ("",)

    def refuses(self, problem: Any) -> str | None:
        """Why the method cannot solve a problem with these settings; None if it can.

        Called only for problems of the kinds in `problems`.
        """
        return None

    def refuses_data(self, problem: Any) -> str | None:
        """Why the method cannot be trained on a loaded problem; None if it can.

        Called before training, and for given samples before the first job.
        """
        return None


class PathConfig(MethodConfig):
    """Base of methods whose networks give maps and spline paths."""

    map: NetworkConfig = Field(description="y")
    spline: NetworkConfig = Field(description="φ")
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")


class DualConfig(PathConfig):
    """Adds a potential: the three networks of Algorithm 1."""

    potential: NetworkConfig = Field(description="g")


class JumpingConfig(DualConfig):
    """Networks of one map, which may jump from one image or path to another."""

    problems: ClassVar[tuple[str, ...]] = ("transport",)
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {
            "map",
            "inverse",
            "paths",
            "own_paths",
            "geodesics",
            "potential",
            "dual",
            "potential_gradient",
            "cost",
            "match",
        }
    )

    map: HeadsConfig = Field(description="y")
    spline: HeadsConfig = Field(description="φ")


class AlgorithmConfig(DualConfig):
    """Base of Algorithms 1 and 2 of the paper."""

    quadrature: QuadratureConfig = Field(description="action rule in training")
    steps: PositiveInt = Field(description="iterations of the algorithm")
    potential_optimiser: OptimiserConfig = Field(description="optimiser for g")
    map_optimiser: OptimiserConfig = Field(description="optimiser for y")
    spline_optimiser: OptimiserConfig = Field(description="optimiser for φ")
    ctransform: CTransformConfig = Field(description="refinement in training (eq. 6)")
    regression: Literal["norm", "squared_norm"] = Field(
        "norm", description="loss of the map network (eq. 17)"
    )
    pretraining: PretrainingConfig = Field(description="pre-training of φ")
    average: Decay = Field(0.0, description=AVERAGE)
