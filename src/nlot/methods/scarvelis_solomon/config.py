"""Settings of `scarvelis_solomon`."""

from typing import Any, ClassVar, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from nlot.config.base import Section
from nlot.config.sections import REPORT, MethodConfig, NetworkConfig, OptimiserConfig


class PotentialFitConfig(Section):
    """Fit of the potentials, from scratch in each round."""

    steps: PositiveInt = Field(description="number of steps")
    optimiser: OptimiserConfig = Field(description="optimiser and its schedule")
    first_penalty: PositiveFloat = Field(
        description="γ_φ in the first round, weight of the penalty on the length of ∇φ"
    )
    penalty: PositiveFloat = Field(
        description="γ_φ in later rounds, weight of the penalty on ∇φᵀA∇φ"
    )


class GramFitConfig(Section):
    """Fit of the matrix, from scratch in each round."""

    steps: PositiveInt = Field(description="number of steps")
    optimiser: OptimiserConfig = Field(description="optimiser and its schedule")
    penalty: PositiveFloat = Field(
        1.0, description="γ_A, weight of the penalty on ∇φᵀA∇φ, which A maximises"
    )
    norm_weight: PositiveFloat = Field(
        5e3, description="f, weight of ‖A‖² (Frobenius), which bounds A"
    )


class Config(MethodConfig):
    """Metric learning by Scarvelis and Solomon (2023)."""

    problems: ClassVar[tuple[str, ...]] = ("sequence",)
    capabilities: ClassVar[frozenset[str]] = frozenset({"metric"})

    kind: Literal["scarvelis_solomon"]
    potential: NetworkConfig = Field(
        NetworkConfig(hidden=(32,), activation="softplus"),
        description="φ, one per pair of measures",
    )
    metric: NetworkConfig = Field(
        NetworkConfig(hidden=(32, 32), activation="softplus"),
        description="R in A = RᵀR + floor I",
    )
    floor: PositiveFloat = Field(1e-3, description="smallest eigenvalue of A")
    groups: PositiveInt = Field(
        1,
        description="consecutive blocks of equal size in the samples of each time, "
        "coupled separately: prior knowledge of which samples belong together",
    )
    batch: PositiveInt = Field(100, description="samples of each measure per step")
    rounds: PositiveInt = Field(1, description="fits of the potentials, then of A")
    potential_fit: PotentialFitConfig = Field(description="fit of φ")
    metric_fit: GramFitConfig = Field(description="fit of A")
    report_every: PositiveInt = Field(500, description=REPORT)

    def refuses(self, problem: Any) -> str | None:
        """For generated data, blocks of samples must be whole groups of particles."""
        found = len(getattr(problem.data, "groups", ()))
        if found % self.groups:
            return f"{self.groups} groups do not divide the {found} of data.groups"
        return None

    def refuses_data(self, problem: Any) -> str | None:
        """Blocks of samples must have equal sizes."""
        counts = sorted({len(samples) for samples in problem.measures})
        if self.groups == 1 or (len(counts) == 1 and counts[0] % self.groups == 0):
            return None
        found = ", ".join(map(str, counts))
        return (
            f"groups: {self.groups} of equal size are asked for; found times with "
            f"{found} samples"
        )
