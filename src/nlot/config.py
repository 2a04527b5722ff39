"""Typed configuration: the one place where settings and their defaults live.

`load_config` reads a preset. A preset states only what differs from the one that it
`extends`, as Snakemake merges configuration files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml
from pydantic import Field, PositiveFloat, PositiveInt

_NonNegative = Annotated[int, Field(ge=0)]
_Point = tuple[float, ...]
# A corner of a region may be at infinity; no other number may.
_Corner = tuple[Annotated[float, Field(allow_inf_nan=True)], ...]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names key, value and choices."""


class Section(pydantic.BaseModel):
    """Base of all sections: immutable, and every key must be known."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    raise ValueError(
                        f"unknown key {key!r}; valid keys: {', '.join(cls.model_fields)}"
                    )
        return data


# --- Tasks ---------------------------------------------------------------------------


class UniformConfig(Section):
    """The uniform measure on a box."""

    kind: Literal["uniform"]
    low: _Point = Field(description="lower corner")
    high: _Point = Field(description="upper corner, above `low` in each coordinate")

    @property
    def dimension(self) -> int:
        return len(self.low)

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "UniformConfig":
        if len(self.low) != len(self.high) or not self.low:
            raise ValueError(f"low {self.low} and high {self.high} differ in length")
        if any(a >= b for a, b in zip(self.low, self.high, strict=True)):
            raise ValueError(f"low {self.low} must lie below high {self.high}")
        return self


class GaussianMixtureConfig(Section):
    """Equally weighted isotropic Gaussians; one centre makes a Gaussian."""

    kind: Literal["gaussian_mixture"]
    means: tuple[_Point, ...] = Field(min_length=1, description="centres")
    std: PositiveFloat = Field(description="standard deviation of each coordinate")

    @property
    def dimension(self) -> int:
        return len(self.means[0])

    @pydantic.model_validator(mode="after")
    def _rectangular(self) -> "GaussianMixtureConfig":
        if len({len(m) for m in self.means}) != 1:
            raise ValueError("all means must have the same length")
        return self


class SamplesConfig(Section):
    """Samples from a file: `.npz` (array of shape (n, d)) or `.csv` (d columns)."""

    kind: Literal["samples"]
    path: str = Field(description="the file, relative to the working directory")
    array: str = Field("samples", description="name of the array in an `.npz` file")
    dimension: PositiveInt = Field(2, description="number of coordinates of a sample")


MeasureConfig = Annotated[
    UniformConfig | GaussianMixtureConfig | SamplesConfig, Field(discriminator="kind")
]


class _SharpRegion(Section):
    strength: PositiveFloat = Field(description="M, depth of the potential")
    temperature: PositiveFloat = Field(description="width of the smoothed edge")
    temperature_start: PositiveFloat | None = Field(
        None, description="temperature before annealing; none: `temperature`"
    )


class BoxesConfig(_SharpRegion):
    """Boxes (eqs. 33, 34); corners may be `.inf`."""

    kind: Literal["boxes"]
    low: tuple[_Corner, ...] = Field(min_length=1, description="lower corners")
    high: tuple[_Corner, ...] = Field(min_length=1, description="upper corners")

    @property
    def dimension(self) -> int:
        return len(self.low[0])

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> "BoxesConfig":
        sizes = [[len(p) for p in corners] for corners in (self.low, self.high)]
        if sizes[0] != sizes[1] or len(set(sizes[0])) != 1:
            raise ValueError("low and high must list as many corners of equal length")
        for low, high in zip(self.low, self.high, strict=True):
            if not all(a < b for a, b in zip(low, high, strict=True)):
                raise ValueError(f"low {low} must lie below high {high}")
        return self


class DiscsConfig(_SharpRegion):
    """Balls (eq. 37)."""

    kind: Literal["discs"]
    centres: tuple[_Point, ...] = Field(min_length=1, description="centres")
    radius: PositiveFloat = Field(description="radius of every ball")

    @property
    def dimension(self) -> int:
        return len(self.centres[0])

    @pydantic.model_validator(mode="after")
    def _rectangular(self) -> "DiscsConfig":
        if len({len(c) for c in self.centres}) != 1:
            raise ValueError("all centres must have the same length")
        return self


class HillConfig(Section):
    """U(x) = -M exp(-|x|²)."""

    kind: Literal["hill"]
    strength: PositiveFloat = Field(description="M")


class WellConfig(Section):
    """U(x) = -M |x|²."""

    kind: Literal["well"]
    strength: PositiveFloat = Field(description="M")


PotentialConfig = Annotated[
    BoxesConfig | DiscsConfig | HillConfig | WellConfig, Field(discriminator="kind")
]


class NewtonianConfig(Section):
    """L = |v|²/2 - s U(x)."""

    kind: Literal["newtonian"]
    potential: PotentialConfig | None = Field(None, description="U; none: Euclidean")
    potential_scale: PositiveFloat = Field(
        1.0, description="s, the weight of U; 361 in the paper's experiments"
    )


class CircleMetricConfig(Section):
    """A = I - (1 - floor) v vᵀ, v tangent to circles round the origin."""

    kind: Literal["circle"]
    floor: PositiveFloat = Field(1e-3, description="smallest eigenvalue")


class RiemannianConfig(Section):
    """L = vᵀ A(x) v / 2."""

    kind: Literal["riemannian"]
    metric: CircleMetricConfig = Field(description="A")


LagrangianConfig = Annotated[
    NewtonianConfig | RiemannianConfig, Field(discriminator="kind")
]


class TaskConfig(Section):
    """Transport between two measures under a known Lagrangian."""

    source: MeasureConfig = Field(description="μ")
    target: MeasureConfig = Field(description="ν")
    lagrangian: LagrangianConfig = Field(description="L(x, v)")
    bounds: PositiveFloat = Field(
        description="half-width of the cube round the origin that transported points "
        "are kept in; scales the networks' inputs and outputs"
    )
    horizon: PositiveFloat = Field(1.0, description="T, duration of a path")

    @pydantic.model_validator(mode="after")
    def _one_dimension(self) -> "TaskConfig":
        d, e = self.source.dimension, self.target.dimension
        if d != e:
            raise ValueError(f"source has dimension {d}, target has dimension {e}")
        f = _dimension(self.lagrangian)
        if f is not None and f != d:
            raise ValueError(f"source has dimension {d}, lagrangian has dimension {f}")
        return self


def _dimension(lagrangian: LagrangianConfig) -> int | None:
    """Of the space that a Lagrangian is defined on; None where any will do."""
    if isinstance(lagrangian, RiemannianConfig):
        return 2
    potential = lagrangian.potential
    return (
        potential.dimension
        if isinstance(potential, BoxesConfig | DiscsConfig)
        else None
    )


# --- Methods -------------------------------------------------------------------------


class NetworkConfig(Section):
    """A multi-layer perceptron."""

    hidden: tuple[PositiveInt, ...] = Field(description="widths of the hidden layers")
    activation: Literal["leaky_relu", "relu", "silu", "softplus", "tanh"] = Field(
        "leaky_relu", description="nonlinearity"
    )


class OptimiserConfig(Section):
    """AdamW with clipping by global norm."""

    learning_rate: PositiveFloat = Field(description="initial learning rate")
    final_fraction: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0,
        description="end of the cosine schedule, as a fraction of the initial rate "
        "(optax's `alpha`); 1: constant",
    )
    beta1: Annotated[float, Field(ge=0, lt=1)] = Field(0.9, description="Adam's β₁")
    beta2: Annotated[float, Field(ge=0, lt=1)] = Field(0.999, description="Adam's β₂")
    weight_decay: Annotated[float, Field(ge=0)] = Field(
        0.0, description="AdamW's decay"
    )
    clip: PositiveFloat = Field(5.0, description="largest global norm of a gradient")


class QuadratureConfig(Section):
    """Rule for the action integral."""

    rule: Literal["finite_difference", "midpoint"] = Field(
        description="`finite_difference` (the paper's) or `midpoint`"
    )
    points: Annotated[int, Field(ge=2)] = Field(description="number of points")


class CTransformConfig(Section):
    """L-BFGS with backtracking Armijo line search for eq. 6."""

    max_steps: PositiveInt = Field(20, description="limit on evaluations of eq. 6")
    tolerance: PositiveFloat = Field(1e-5, description="relative and absolute")
    history: PositiveInt = Field(10, description="pairs kept by L-BFGS")


class PretrainingConfig(Section):
    """Fit of the spline network on independent pairs before Algorithm 1 starts."""

    steps: _NonNegative = Field(description="number of steps; 0: none")


class RefitConfig(Section):
    """Repeated refits of the spline network during Algorithm 1."""

    every: PositiveInt = Field(description="steps of Algorithm 1 between refits")
    max_steps: _NonNegative = Field(
        description="limit on a refit's steps; 0: no refits"
    )
    tolerance: PositiveFloat = Field(
        description="a refit ends when the smoothed gradient norm falls below this"
    )
    smoothing: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.9, description="decay of the smoothed gradient norm"
    )


class NLOTConfig(Section):
    """Algorithm 1 of the paper."""

    kind: Literal["nlot"]
    potential: NetworkConfig = Field(description="g")
    map: NetworkConfig = Field(description="y")
    spline: NetworkConfig = Field(description="φ")
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")
    quadrature: QuadratureConfig = Field(description="action rule in training")
    steps: PositiveInt = Field(description="iterations of Algorithm 1")
    batch: PositiveInt = Field(description="samples of each measure a step")
    potential_optimiser: OptimiserConfig = Field(description="for g")
    map_optimiser: OptimiserConfig = Field(description="for y")
    spline_optimiser: OptimiserConfig = Field(description="for φ")
    ctransform: CTransformConfig = Field(description="refinement in training (eq. 6)")
    transport: CTransformConfig = Field(
        CTransformConfig(max_steps=50, tolerance=1e-6),
        description="refinement of the map that is returned",
    )
    regression: Literal["norm", "squared_norm"] = Field(
        "norm", description="loss of the map network (eq. 17)"
    )
    pretraining: PretrainingConfig = Field(description="of φ")
    refit: RefitConfig = Field(description="of φ")
    annealing_steps: _NonNegative = Field(
        0, description="steps over which strength and temperature of U are annealed"
    )
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="decay of the exponential average of the weights that is returned; "
        "0: the last weights",
    )
    report_every: PositiveInt = Field(250, description="steps between progress lines")


class MovingQuadratureConfig(Section):
    """Midpoint rule whose nodes move from step to step."""

    points: Annotated[int, Field(ge=2)] = Field(40, description="nodes of a step")
    offsets: PositiveInt = Field(5, description="positions that the nodes can take")


class PathsConfig(Section):
    """First stage of `nlot_plus`: paths between independent pairs."""

    steps: PositiveInt = Field(description="number of steps")
    batch: PositiveInt = Field(description="pairs a step")
    optimiser: OptimiserConfig = Field(description="for φ")
    annealing_steps: _NonNegative = Field(
        0, description="steps over which strength and temperature of U are annealed"
    )


class CouplingConfig(Section):
    """Second stage of `nlot_plus`: exact discrete couplings."""

    number: PositiveInt = Field(description="independent couplings")
    points: PositiveInt = Field(description="points of each measure in a coupling")
    tie_breaking: Annotated[float, Field(ge=0)] = Field(
        description="ε of the term ε |x - y|²/2 added to the cost"
    )


class RegressionConfig(Section):
    """Third stage of `nlot_plus`: map and potential fitted to the couplings."""

    steps: PositiveInt = Field(description="number of steps")
    batch: PositiveInt = Field(description="coupled pairs a step")
    optimiser: OptimiserConfig = Field(description="for y and g")
    huber: PositiveFloat = Field(
        description="distance, as a fraction of the task's bounds, from which the loss "
        "grows linearly"
    )


class PolishConfig(Section):
    """Last stage of `nlot_plus`: augmented Lagrangian with exact matchings."""

    rounds: PositiveInt = Field(description="matchings")
    steps: PositiveInt = Field(description="steps between matchings")
    points: PositiveInt = Field(description="samples in a matching")
    pool: PositiveInt = Field(description="matchings in use at a time")
    batch: Annotated[int, Field(ge=2)] = Field(description="matched pairs a step")
    marginal_weight: PositiveFloat = Field(description="λ, weight of squared W2")
    map_optimiser: OptimiserConfig = Field(description="for y")
    potential_optimiser: OptimiserConfig = Field(description="for g")
    spline_optimiser: OptimiserConfig = Field(description="for φ")


class NLOTPlusConfig(Section):
    """Our improvement of Algorithm 1, through exact discrete couplings."""

    kind: Literal["nlot_plus"]
    potential: NetworkConfig = Field(description="g")
    map: NetworkConfig = Field(description="y")
    spline: NetworkConfig = Field(description="φ")
    knots: Annotated[int, Field(ge=5)] = Field(30, description="knots of a path")
    quadrature: MovingQuadratureConfig = MovingQuadratureConfig()
    paths: PathsConfig = Field(description="first stage")
    couplings: CouplingConfig = Field(description="second stage")
    regression: RegressionConfig = Field(description="third stage")
    polish: PolishConfig = Field(description="fourth stage")
    average: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.998, description="decay of the exponential average of the weights"
    )
    report_every: PositiveInt = Field(500, description="steps between progress lines")


MethodConfig = Annotated[NLOTConfig | NLOTPlusConfig, Field(discriminator="kind")]


# --- Evaluation and results ----------------------------------------------------------


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

    tasks: tuple[_Name, ...] = Field(min_length=1, description="columns, in order")
    methods: tuple[_Name, ...] = Field(min_length=1, description="trained rows")
    controls: tuple[Control, ...] = Field((), description="rows that need no training")


class FigureConfig(Section):
    """A figure: a panel a task and method, drawn from one seed."""

    tasks: tuple[_Name, ...] = Field(min_length=1, description="panels, in order")
    methods: tuple[_Name, ...] = Field(min_length=1, description="rows of panels")
    seed: Seed = Field(0, description="which run is drawn")
    paths: PositiveInt = Field(64, description="transported paths a panel")


class ResourcesConfig(Section):
    """What a training job asks of the scheduler."""

    memory_mb: PositiveInt = Field(2000, description="memory in MB")
    runtime: PositiveInt = Field(30, description="minutes")
    gpu: _NonNegative = Field(0, description="number of GPUs")


class Config(Section):
    """A whole configuration."""

    preset: _Name = Field(description="results go to `results/<preset>/`")
    seeds: tuple[Seed, ...] = Field(min_length=1, description="runs of Table 1")
    tasks: dict[_Name, TaskConfig] = Field(description="by name")
    methods: dict[_Name, MethodConfig] = Field(description="by name")
    overrides: dict[_Name, dict[_Name, dict[str, Any]]] = Field(
        default_factory=dict,
        description="`overrides.<method>.<task>`: settings of a method that differ for "
        "a task, merged into `methods.<method>`",
    )
    evaluation: EvaluationConfig = EvaluationConfig()
    resources: ResourcesConfig = ResourcesConfig()
    table1: Table1Config = Field(description="Table 1")
    figure1: FigureConfig = Field(description="Figure 1")
    figure2: FigureConfig = Field(description="Figure 2")

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Config":
        for seed in self.seeds:
            if self.seeds.count(seed) > 1:
                raise ValueError(f"seeds: {seed} is listed twice in {self.seeds}")
        for section in ("table1", "figure1", "figure2"):
            part = getattr(self, section)
            for what in ("tasks", "methods"):
                names = getattr(part, what)
                _check_names(f"{section}.{what}", names, getattr(self, what))
                for name in names:
                    if names.count(name) > 1:
                        raise ValueError(f"{section}.{what}: {name!r} is listed twice")
        _check_names("overrides", self.overrides, self.methods)
        for method, tasks in self.overrides.items():
            _check_names(f"overrides.{method}", tasks, self.tasks)
            for task in tasks:
                self.method(method, task)
        return self

    def method(self, method: str, task: str) -> MethodConfig:
        """Settings of `method` on `task`, overrides applied."""
        override = self.overrides.get(method, {}).get(task, {})
        data = merge(self.methods[method].model_dump(), override)
        try:
            return parse_method(data)
        except pydantic.ValidationError as error:
            raise ValueError(
                _describe(error, prefix=f"overrides.{method}.{task}")
            ) from None

    def runs(self) -> list[tuple[str, str, int]]:
        """All `(task, method, seed)` that tables and figures need, in order."""
        table = [
            (task, method, seed)
            for task in self.table1.tasks
            for method in self.table1.methods
            for seed in self.seeds
        ]
        figures = [
            (task, method, figure.seed)
            for figure in (self.figure1, self.figure2)
            for task in figure.tasks
            for method in figure.methods
        ]
        return list(dict.fromkeys(table + figures))


def load_config(path: str | Path) -> Config:
    """Read and validate the preset at `path`.

    Raises `ConfigError` naming the file, key, value found and valid choices.
    """
    return parse_config(_read(Path(path)), source=str(path))


def parse_config(data: Mapping[str, Any], source: str = "configuration") -> Config:
    """Validate a merged mapping; `source` names it in the `ConfigError`."""
    data = {key: value for key, value in data.items() if key != "extends"}
    try:
        return Config.model_validate(data)
    except pydantic.ValidationError as error:
        raise ConfigError(f"{source}: {_describe(error)}") from None


def parse_method(data: Mapping[str, Any]) -> MethodConfig:
    """Validate the settings of one method."""
    adapter: pydantic.TypeAdapter[MethodConfig] = pydantic.TypeAdapter(MethodConfig)
    return adapter.validate_python(data)


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the entries of `override`, mappings merged level by level."""
    merged = dict(base)
    for key, value in override.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            value = merge(merged[key], value)
        merged[key] = value
    return merged


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    if path.resolve() in above:
        raise ConfigError(f"{path}: extends itself")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected a mapping of keys, found {data!r}")
    base = data.get("extends")
    if base is None:
        return data
    if not isinstance(base, str):
        raise ConfigError(f"{path}: extends: expected a file name, found {base!r}")
    return merge(_read(path.parent / base, (*above, path.resolve())), data)


def _check_names(key: str, names: Any, known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{key}: unknown {name!r}; valid: {', '.join(known)}")


def _describe(error: pydantic.ValidationError, prefix: str = "") -> str:
    lines = []
    for item in error.errors():
        # Pydantic adds the kind chosen from a union, which is no key in YAML.
        parts = [str(part) for part in item["loc"]]
        key = ".".join(filter(None, [prefix, *parts]))
        message = item["msg"].removeprefix("Value error, ")
        found = "" if item["type"] in {"value_error", "missing"} else _found(item)
        lines.append(f"{key}: {message}{found}" if key else message)
    return "; ".join(lines)


def _found(item: Any) -> str:
    return f" (found {item['input']!r})"
