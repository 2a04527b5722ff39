"""Which measures a row of tables will have, before anything is trained."""

from functools import cache
from typing import Any

from nlot.config import Experiment
from nlot.config.names import check_known
from nlot.costs.closed_forms import closed_form
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.registry import facts, taken
from nlot.evaluation.rows import OF_TRUTH


def applicable(experiment: Experiment, row: str, problem: str) -> tuple[str, ...]:
    """The measures of a row for a problem, in order, from settings alone.

    Derived measures are not included. Percentages of a cost are, even if they will be
    missing because that cost is zero.

    **Arguments:** a method, a variant of one, or a control; and a problem's name.

    Raises `ValueError` for an unknown row or problem.
    """
    check_known("problem", [problem], experiment.problems)
    given: Any = experiment.problems[problem]
    known, first = _facts(given), True
    if row in CONTROLS:
        control = CONTROLS[row]
        if given.kind not in control.problems or not known.issuperset(control.needs):
            return ()
        if control.make is None:
            return OF_TRUTH if "ground_truth" in known else ()
        able = control.capabilities
    else:
        owner = experiment.owner(row)
        if experiment.unable(owner, problem):
            return ()
        able = experiment.methods[owner].capabilities
        first = row == experiment.rows_of(owner)[0]
        if "map" in able:
            # As every run of it that has a map.
            known = known | {"checked"}
    found = taken(given.kind, known.union(able), first)
    return tuple(name for measure in found for name in measure.rows(given))


# Called for every row of a table, and reads samples.
@cache
def _facts(given: Any) -> set[str]:
    """What will be known about a problem: the `facts` of its cases."""
    if given.kind == "sequence":
        particles = (
            given.data.held_out * len(given.data.groups) if given.generated else 0
        )
        # A single particle has no neighbour to compare with.
        held_out = True if particles > 1 else None
        return facts(
            true_metric=given.truth,
            grid=given.grid,
            held_out=held_out,
            held_out_times=given.held_out_times or None,
        )
    p = given.load()
    form = closed_form(p.source, p.target, p.lagrangian, p.horizon)
    return facts(ground_truth=given.has_ground_truth or None, closed_form=form)
