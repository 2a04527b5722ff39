"""How good a run is, by what can be known without the truth."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


class Estimate(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float

    def __str__(self) -> str:
        digits = max(0, 1 - _exponent(self.error))
        return f"{self.value:.{digits}f} ± {self.error:.{digits}f} %"


def _exponent(number: float) -> int:
    """That of the first digit of a number; 0 for one that has none."""
    known = math.isfinite(number) and number != 0
    return math.floor(math.log10(abs(number))) if known else 0


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """What a run's own checks found, in percent, on samples that it did not train on.

    **Attributes:**

    - `marginal`: squared W2 between the image and the target, in excess over that
      between two samples of the target, of the target's total variance. Zero for a map
      that reaches the target.
    - `training_marginal`: the same on the samples trained on, if these were given; far
      smaller for a map that has learned them by heart.
    - `duality_gap`: what the map and its paths cost more than the dual value of the
      potential, of the cost. It bounds how far the map is from optimal.
    - `path_excess`: what the own paths cost more than those of least action, of the
      cost.
    - `held_out`: number of samples held out, None where fresh ones are drawn.
    - `problems`: what is wrong and what to do, one sentence each.
    """

    marginal: Estimate | None
    training_marginal: Estimate | None
    duality_gap: Estimate | None
    path_excess: Estimate | None
    held_out: int | None
    problems: tuple[str, ...]

    @property
    def converged(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems

    @property
    def shortfall(self) -> float:
        """By how much the run falls short of a perfect one, to compare runs by.

        Infinite if a part of it is not finite.
        """
        parts = (self.marginal, self.duality_gap)
        total = sum(max(part.value, 0.0) for part in parts if part is not None)
        return total if math.isfinite(total) else math.inf

    def plain(self) -> dict[str, Any]:
        """As JSON gives it back."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def read(cls, plain: dict[str, Any]) -> "Diagnosis":
        """From what `plain` returned."""
        parts: dict[str, Any] = {
            name: Estimate(*value) if name in _ESTIMATES and value else value
            for name, value in plain.items()
        }
        return cls(**{**parts, "problems": tuple(plain["problems"])})

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        on = "fresh" if self.held_out is None else f"{self.held_out} held-out"
        if self.held_out == 0:
            on = "its own training"
        lines = [f"Diagnosis on {on} samples:"]
        for name, what in _ESTIMATES.items():
            if getattr(self, name) is not None:
                lines.append(f"  {what}: {getattr(self, name)}")
        lines += [f"  not converged: {text}" for text in self.problems] or [
            "  nothing found wrong"
        ]
        return "\n".join(lines)


_ESTIMATES = {
    "marginal": "image against target, excess over the floor",
    "training_marginal": "the same on training samples",
    "duality_gap": "duality gap",
    "path_excess": "own paths over those of least action",
}
