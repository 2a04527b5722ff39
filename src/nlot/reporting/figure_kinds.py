"""Kinds of figures: what each is of, what its runs must be able to do, who draws it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from nlot.config import Experiment, FigureConfig
from nlot.ground_truth.truth import GroundTruth
from nlot.reporting.labels import row_label


@dataclass(frozen=True)
class Scene:
    """What a figure is drawn from.

    **Attributes:** `entry`, its entry of `experiment.figures`; `runs` of the entry's
    seed by problem and row; `truths` and `data`, the ground truth and the problems with
    their samples, by problem.
    """

    entry: FigureConfig
    experiment: Experiment
    runs: Mapping[tuple[str, str], Any]
    truths: Mapping[str, GroundTruth]
    data: Mapping[str, Any]

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of panels: methods, or variants of one."""
        return self.experiment.rows(self.entry.methods)

    @property
    def seed(self) -> int:
        """Of the runs, and of what is drawn to show them."""
        return self.experiment.seed_of(self.entry)

    def label(self, row: str) -> str:
        """How a row is called in print."""
        return row_label(self.experiment, row)


@dataclass(frozen=True)
class Drawing:
    """A kind of figure.

    **Attributes:** `problems`, the kinds that it is of; `needs`, a key of
    `nlot.methods.capabilities.CAPABILITIES`; `truth`, whether it needs ground truth.
    """

    draw: Callable[[Scene], Figure]
    problems: tuple[str, ...]
    needs: str
    truth: bool


DRAWINGS: dict[str, Drawing] = {}


def drawing(
    kind: str, *, problems: tuple[str, ...], needs: str, truth: bool = False
) -> Callable[[Callable[[Scene], Figure]], Callable[[Scene], Figure]]:
    """Registers the decorated function as what draws a kind of figure.

    Arguments are those of `Drawing`. Raises `ValueError` for a kind that is taken.
    """

    def register(draw: Callable[[Scene], Figure]) -> Callable[[Scene], Figure]:
        if kind in DRAWINGS:
            raise ValueError(f"figures of kind {kind!r} are drawn already")
        DRAWINGS[kind] = Drawing(draw, problems, needs, truth)
        return draw

    return register
