"""Where on the source a map loses against the optimal one."""

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from nlot.evaluation.subjects import (
    AbstractSubject,
    Simulated,
    Trained,
    Translation,
)
from nlot.evaluation.truth_rows import losses
from nlot.ground_truth.truth import GroundTruth
from nlot.methods.nlsb.run import BridgeRun
from nlot.reporting.labels import method_label
from nlot.reporting.panels import scatter
from nlot.reporting.style import few_ticks, grid, style
from nlot.runs.transport import Run
from nlot.training.streams import stream

TRANSLATION = "translation"
_PERCENT = 100.0
# Share of the points of a column whose losses its colours tell apart.
_SHOWN = 0.99
# The least loss, in percent, that the darkest colour stands for: less is rounding.
_LEAST = 0.01


def loss_figure(
    truths: Mapping[str, GroundTruth],
    runs: Mapping[tuple[str, str], Run | BridgeRun],
    methods: Sequence[str],
    seed: int,
) -> Figure:
    """A column a task, a row a method, the translation's first.

    `runs` holds, for each task of `truths` and each of `methods`, the run of `seed`.
    Each point of the source has the colour of what it loses: the cost of where the
    nearest coupling sends it less what the optimal dual variables allow, in percent of
    the optimal cost. In a corner stands the mean, `coupling_gap`. Points of the line
    are drawn against their loss.
    """
    shown = {
        (task, method): _PERCENT
        * losses(truth, _pushed(runs, task, method, truth, seed)).loss
        / truth.optimum
        for task, truth in truths.items()
        for method in (TRANSLATION, *methods)
    }
    rows = [TRANSLATION, *methods]
    with style():
        figure, axes = grid(len(rows), len(truths), panel=(1.65, 1.25))
        for column, (task, truth) in enumerate(truths.items()):
            every = np.concatenate([shown[task, method] for method in rows])
            top = max(float(np.quantile(every, _SHOWN)), _LEAST)
            norm = PowerNorm(0.5, vmin=0.0, vmax=top)
            for row, method in enumerate(rows):
                panel, loss = axes[row][column], shown[task, method]
                points = _plane(truth.x, loss)
                order = np.argsort(loss)
                dots = scatter(
                    panel, points[order], size=4.0, c=loss[order], cmap="magma_r"
                )
                dots.set_norm(norm)
                panel.set_title(f"{loss.mean():.3f} %", loc="right", fontsize=6, pad=2)
                few_ticks(panel)
            axes[0][column].set_title(task, loc="left", pad=2)
            bar = figure.colorbar(
                dots,
                ax=[line[column] for line in axes],
                location="bottom",
                aspect=25,
                pad=0.02,
                extend="max",
            )
            bar.set_label("loss, % of the optimal cost")
        for row, method in enumerate(rows):
            axes[row][0].set_ylabel(method_label(method))
    return figure


def _pushed(
    runs: Mapping[tuple[str, str], Run | BridgeRun],
    task: str,
    method: str,
    truth: GroundTruth,
    seed: int,
) -> Float[np.ndarray, "n d"]:
    x = jnp.asarray(truth.x, jnp.float32)
    if method == TRANSLATION:
        any_run = next(run for (name, _), run in runs.items() if name == task)
        subject: AbstractSubject = Translation(any_run.task)
    else:
        run = runs[task, method]
        subject = Simulated(run) if isinstance(run, BridgeRun) else Trained(run)
    key = stream(seed, "evaluation/truth")
    return np.asarray(subject.push(x, key), np.float64)


def _plane(
    x: Float[np.ndarray, "n d"], loss: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n 2"]:
    return x[:, :2] if x.shape[1] > 1 else np.column_stack([x, loss])
