"""What figures are drawn from, and what draws each kind of them."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlot.config import Experiment, FigureConfig
from nlot.config.figures import FIGURE_KINDS
from nlot.config.names import check_known
from nlot.evaluation.controls import CONTROLS
from nlot.ground_truth.truth import GroundTruth
from nlot.reporting.labels import row_label
from nlot.reporting.style import few_ticks, grid, name_coordinates, seen

# Inches: of names of coordinates beside a panel, and of a line above all.
_NAMES, _LINE = 0.2, 0.15
# Most characters of a line of a row's name: those beside a panel.
_WIDE = 24


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
        """The seed of the runs, and of the points drawn to show them."""
        return self.experiment.seed_of(self.entry)

    def subject(self, name: str, row: str, case: Any) -> Any:
        """The run of a row on problem `name`, or the control of that name.

        None if it is a control that cannot be made of `case`.
        """
        run = self.runs.get((name, row))
        return CONTROLS[row].of(case) if run is None else run

    def panels(
        self,
        rows: Sequence[str],
        draw: Callable[[Axes, str, str], None],
        loc: Literal["left", "center"] = "center",
        **layout: Any,
    ) -> tuple[Figure, list[list[Axes]]]:
        """A figure with one row of panels for each of `rows`, one column per problem.

        **Arguments:** `draw` fills a panel for a problem and a row; `loc` is the place
        of the problem's name; `layout` are further arguments of
        `nlot.reporting.style.grid`.
        """
        names, said = self.entry.problems, self.seen
        figure, axes = grid(len(rows), len(names), **layout)
        figure.set_size_inches(figure.get_size_inches() + self.room(len(rows)))
        if said:
            figure.suptitle("\n".join(said), fontsize=7)
        for line, row in zip(axes, rows, strict=True):
            label = row_label(self.experiment, row)
            line[0].set_ylabel(textwrap.fill(label, _WIDE))
            for panel, name in zip(line, names, strict=True):
                draw(panel, name, row)
                few_ticks(panel)
                if seen(self.dimension(name)):
                    name_coordinates(panel, panel.get_ylabel())
        for panel, name in zip(axes[0], names, strict=True):
            panel.set_title(name, loc=loc, pad=2 if loc == "left" else None)
        return figure, axes

    @property
    def seen(self) -> list[str]:
        """What is seen of problems in more than two dimensions, a line each.

        One line of all problems if they have as many dimensions.
        """
        found = {name: seen(self.dimension(name)) for name in self.entry.problems}
        if len(set(found.values())) == 1:
            found = {"": next(iter(found.values()))}
        return [": ".join(filter(None, pair)) for pair in found.items() if pair[1]]

    def room(self, rows: int) -> Float[np.ndarray, " 2"]:
        """Width and height, in inches, that names of coordinates add to a figure."""
        if not self.seen:
            return np.zeros(2)
        columns = len(self.entry.problems)
        return np.array([columns, rows]) * _NAMES + [0, len(self.seen) * _LINE]

    def dimension(self, name: str) -> int:
        """That of a problem, or of its samples."""
        return (self.data.get(name) or self.experiment.problems[name]).dimension


Drawing = Callable[[Scene], Figure]
DRAWINGS: dict[str, Drawing] = {}


def drawing(kind: str) -> Callable[[Drawing], Drawing]:
    """Registers the decorated function to draw a kind of figure.

    Raises `ValueError` for a kind that is not among
    `nlot.config.figures.FIGURE_KINDS`, or that is drawn already.
    """
    check_known("figures of kind", [kind], FIGURE_KINDS)
    if kind in DRAWINGS:
        raise ValueError(f"figures of kind {kind!r} are drawn already")

    def register(draw: Drawing) -> Drawing:
        DRAWINGS[kind] = draw
        return draw

    return register
