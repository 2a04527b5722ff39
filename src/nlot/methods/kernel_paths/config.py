"""Settings of `kernel_paths`."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import NonNegative, Section
from nlot.config.sections import REPORT, MethodConfig, OptimiserConfig


class FeaturesConfig(Section):
    """Functions whose means over ends and samples are to agree."""

    degree: Annotated[int, Field(ge=1)] = Field(
        2, description="of the monomials; 2: means and covariances, as in the paper"
    )
    centres: Annotated[int, Field(ge=0)] = Field(
        0, description="samples round which Gaussian features are added; 0: none"
    )
    width: PositiveFloat = Field(
        2.0, description="of these, in standard deviations of the samples"
    )
    tolerance: PositiveFloat = Field(
        1e-6,
        description="singular values of the features that are left out, as a fraction "
        "of the largest",
    )


class Config(MethodConfig):
    """Kernel paths with penalised ends (Wang and Tabak, 2025)."""

    problems: ClassVar[tuple[str, ...]] = ("transport",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"match", "pairs"})

    kind: Literal["kernel_paths"]
    points: Annotated[int, Field(ge=2)] = Field(
        128, description="samples of each measure, and number of paths"
    )
    modes: PositiveInt = Field(8, description="K, Chebyshev functions of a path")
    nodes: PositiveInt = Field(32, description="Gauss-Legendre nodes of an action")
    bandwidth: PositiveFloat = Field(
        0.1,
        description="of the kernel between anchors, in standard deviations of the "
        "source's samples",
    )
    features: FeaturesConfig = FeaturesConfig()
    penalty: PositiveFloat | None = Field(
        None,
        description="λ, of both ends; none: at each step the ratio of the mean lengths "
        "of the gradients of action and penalty",
    )
    warm_up: NonNegative = Field(
        2000, description="steps of the paths alone, between the samples"
    )
    steps: PositiveInt = Field(10000, description="steps of paths and ends")
    optimiser: OptimiserConfig = Field(
        OptimiserConfig(learning_rate=2e-2, final_fraction=0.01),
        description="of the coefficients β",
    )
    step_size: PositiveFloat = Field(
        0.01,
        description="mean length of the ends' first steps against their momenta, in "
        "standard deviations of the samples; it falls to zero",
    )
    start: Literal["euclidean", "given", "random"] = Field(
        "euclidean",
        description="first pairs: of the least squared distance, in the order of the "
        "samples, or random",
    )
    report_every: PositiveInt = Field(500, description=REPORT)

    def refuses(self, problem: Any) -> str | None:
        """The actions of the paper are those of a metric."""
        given = problem.lagrangian
        kind = getattr(given, "like", None) or given.kind
        if kind != "riemannian":
            return f"lagrangian.kind is {kind!r}; kernel_paths needs 'riemannian'"
        return None

    def refuses_data(self, problem: Any) -> str | None:
        """As many samples as `points` must be given, if any are."""
        for name in ("source", "target"):
            given = getattr(getattr(problem.training, name), "points", None)
            if given is not None and len(given) < self.points:
                return (
                    f"points is {self.points}, but {name} has {len(given)} samples to "
                    "train on"
                )
        return None
