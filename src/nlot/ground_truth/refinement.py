"""How strongly the reference costs depend on the settings of their computation."""

from collections.abc import Callable, Iterator

import jax
import pandas as pd

from nlot.config import EvaluationConfig, LeastActionConfig
from nlot.discrete.couplings import assign
from nlot.discrete.exact_costs import exact_costs
from nlot.ground_truth.strata import cut
from nlot.problems.transport import Transport
from nlot.training.streams import stream

COLUMNS = ("problem", "setting", "optimal_cost", "change")
_PERCENT = 100.0
_OTHER_BENDS = (0.1, 0.3, 0.5)


def refinement(
    name: str,
    problem: Transport,
    settings: EvaluationConfig,
    seed: int,
    report: Callable[[str], None],
) -> pd.DataFrame:
    """The optimal cost between points of both measures, one setting changed at a time.

    **Arguments:** the name of the problem in the rows, the problem, settings, a seed,
    and a function that is called with lines of progress.

    **Returns:** rows of `COLUMNS`, from a quarter of the pairs in `settings`; `change`
    is in percent of the first row.
    """
    rows = []
    for setting, paths, points, draw in _variants(settings):
        report(setting)
        key = jax.random.fold_in(stream(seed, "ground truth"), draw)
        measures = (problem.source, problem.target)
        x, y = (cut(m, points, key=key).centres for m in measures)
        cost = exact_costs(problem, paths, x, y, report).cost
        order, _ = assign(cost)
        optimum = float(cost[range(len(order)), order].mean())
        rows.append((name, setting, optimum))
    base = rows[0][2]
    return pd.DataFrame(
        [(*row, _PERCENT * (row[2] / base - 1)) for row in rows], columns=list(COLUMNS)
    )


def _variants(
    settings: EvaluationConfig,
) -> Iterator[tuple[str, LeastActionConfig, int, int]]:
    """The setting changed, settings of paths, points per side, number of the draw."""
    paths, points = settings.least_action, settings.ground_truth.points // 2
    segments = paths.segments
    half = max(2, segments // 2)

    for setting, changes in (
        (f"{points} points a side, {segments} segments, {_bends(paths.bends)}", {}),
        (f"{half} segments", {"segments": half}),
        (f"{segments * 2} segments", {"segments": segments * 2}),
        (_bends(()), {"bends": ()}),
        (_bends(_OTHER_BENDS), {"bends": _OTHER_BENDS}),
    ):
        yield setting, paths.model_copy(update=changes), points, 0
    for other in (points // 2, points * 2):
        yield f"{other} points a side", paths, other, 0
    yield "other points", paths, points, 1


def _bends(heights: tuple[float, ...]) -> str:
    if not heights:
        return "straight starts alone"
    return "starts bent by " + ", ".join(f"{h:g}" for h in heights)
