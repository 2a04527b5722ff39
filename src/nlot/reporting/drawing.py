"""The figures of a preset, drawn by the functions registered for their kinds."""

from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.figure import Figure

from nlot.config import Experiment
from nlot.ground_truth.truth import GroundTruth
from nlot.reporting import (
    dendrograms,
    figures,
    geodesics_figure,
    loss_figure,
    matching_figure,
    metric_figures,
    pairs_figure,
    prediction_figure,
)
from nlot.reporting.figure_kinds import DRAWINGS, Scene

# Importing them registers what they draw.
_MODULES = (
    dendrograms,
    figures,
    geodesics_figure,
    loss_figure,
    matching_figure,
    metric_figures,
    pairs_figure,
    prediction_figure,
)


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
    problem, for figures of sequences and collections: the problems with the samples
    that runs were trained on, or for `predictions` all that is known of them.

    Raises `KeyError` for a missing run, ground truth or data.
    """
    entry = experiment.figures[name]
    named = {
        (variant.header["problem"], variant.header["method"]): variant
        for run in runs
        for variant in run.variants
    }
    scene = Scene(entry, experiment, named, truths or {}, data or {})
    return DRAWINGS[entry.kind](scene)
