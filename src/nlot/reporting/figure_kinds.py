"""Kinds of figures: their problems, the capability they need, and what draws them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlot.config import Experiment, FigureConfig
from nlot.ground_truth.truth import GroundTruth
from nlot.reporting.labels import row_label
from nlot.reporting.style import few_ticks, grid


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
        names = self.entry.problems
        figure, axes = grid(len(rows), len(names), **layout)
        for line, row in zip(axes, rows, strict=True):
            line[0].set_ylabel(row_label(self.experiment, row))
            for panel, name in zip(line, names, strict=True):
                draw(panel, name, row)
                few_ticks(panel)
                # Name the two coordinates shown of more; a row's label stays.
                if (
                    self.data.get(name) or self.experiment.problems[name]
                ).dimension > 2:
                    label = panel.get_ylabel()
                    label = f"{label}\n$x_2$" if label else "$x_2$"
                    panel.set(xlabel="$x_1$", ylabel=label)
        for panel, name in zip(axes[0], names, strict=True):
            panel.set_title(name, loc=loc, pad=2 if loc == "left" else None)
        return figure, axes


@dataclass(frozen=True)
class Drawing:
    """A kind of figure.

    **Attributes:** `problems`, the kinds that it shows; `needs`, a key of
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
    """Registers the decorated function to draw a kind of figure.

    Arguments are those of `Drawing`. Raises `ValueError` for a kind that is taken.
    """

    def register(draw: Callable[[Scene], Figure]) -> Callable[[Scene], Figure]:
        if kind in DRAWINGS:
            raise ValueError(f"figures of kind {kind!r} are drawn already")
        DRAWINGS[kind] = Drawing(draw, problems, needs, truth)
        return draw

    return register
