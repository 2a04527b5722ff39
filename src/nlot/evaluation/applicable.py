"""Which measures a row of tables will have, before anything is trained."""

from typing import Any

from nlot.config import Experiment
from nlot.config.names import check_known
from nlot.evaluation.cases import foreseen
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.registry import taken
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
    facts, first = foreseen(given, experiment.evaluation), True
    if row in CONTROLS:
        control = CONTROLS[row]
        if given.kind not in control.problems or not facts.issuperset(control.needs):
            return ()
        if control.make is None:
            return OF_TRUTH if "ground_truth" in facts else ()
        able = control.capabilities
    else:
        owner = experiment.owner(row)
        if experiment.unable(owner, problem):
            return ()
        able = experiment.methods[owner].capabilities
        first = row == experiment.rows_of(owner)[0]
        if "map" in able and given.kind == "transport":
            # As every run of it that has a map.
            facts = facts | {"checked"}
    found = taken(given.kind, facts.union(able), first)
    return tuple(name for measure in found for name in measure.rows(given))
