"""The figures of a preset, drawn by the functions registered for their kinds."""

from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.figure import Figure

from nlot.config import Experiment
from nlot.ground_truth.truth import GroundTruth
from nlot.reporting import figures, loss_figure, metric_figures
from nlot.reporting.figure_kinds import DRAWINGS, Scene

# Importing them registers what they draw.
_MODULES = (figures, loss_figure, metric_figures)


def draw(
    name: str,
    experiment: Experiment,
    runs: Iterable[Any],
    truths: Mapping[str, GroundTruth] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Figure:
    """A figure of `experiment.figures`.

    **Arguments:** `runs`, at least one for each of its problems and methods, with the
    seed `experiment.seed_of` the figure; `truths` by problem, for `losses`; `data` by
    problem, for figures of sequences: the problems with the samples that runs were
    trained on.

    Raises `ValueError` like `check_figure`, and `KeyError` for a missing run, ground
    truth or data.
    """
    check_figure(name, experiment)
    entry = experiment.figures[name]
    named = {
        (variant.header["problem"], variant.header["method"]): variant
        for run in runs
        for variant in run.variants
    }
    scene = Scene(entry, experiment, named, truths or {}, data or {})
    return DRAWINGS[entry.kind].draw(scene)


def check_figure(name: str, experiment: Experiment) -> None:
    """Check that a figure's kind can show its problems and methods.

    Raises `ValueError`, naming the key, what was found and what is valid.
    """
    entry = experiment.figures[name]
    drawing, key = DRAWINGS[entry.kind], f"figures.{name}"
    for problem in entry.problems:
        given = experiment.problems[problem]
        if given.kind not in drawing.problems:
            raise ValueError(
                f"{key}.problems: {problem!r} is of kind {given.kind!r}; {entry.kind} "
                f"are drawn of problems of kind {', '.join(drawing.problems)}"
            )
        if drawing.truth and not given.has_ground_truth:
            raise ValueError(
                f"{key}.problems: {problem!r} has no ground truth, which {entry.kind} "
                f"are drawn against; problems.{problem}.ground_truth: true finds it"
            )
    able = [m for m, c in experiment.methods.items() if drawing.needs in c.capabilities]
    for row in entry.methods:
        if experiment.owner(row) not in able:
            raise ValueError(
                f"{key}.methods: {row!r} has no {drawing.needs}, which {entry.kind} "
                f"are drawn of; valid: {', '.join(able)}"
            )
