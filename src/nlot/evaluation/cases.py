"""Cases: what is measured, a run or control on a problem with a seed.

There is a class for each kind of problem. Its instances have the `subject`, a run or
control; `facts`, what is known about the problem; and `given`, the arguments that make
a control.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from nlot.config import EvaluationConfig, Experiment
from nlot.evaluation.collection_case import CollectionCase
from nlot.evaluation.geodesics_case import GeodesicsCase
from nlot.evaluation.pairs_case import PairsCase
from nlot.evaluation.sequence_case import SequenceCase
from nlot.evaluation.transport_case import TransportCase

CASES: dict[str, Any] = {
    "transport": TransportCase,
    "sequence": SequenceCase,
    "collection": CollectionCase,
    "geodesics": GeodesicsCase,
    "pairs": PairsCase,
}


def loader(experiment: Experiment, problem: str, data: Any) -> Callable[..., Any]:
    """A function of a subject, a seed and a ground truth that makes cases.

    **Arguments:** the settings, the name of the problem, which is loaded once, and the
    file of its generated data if it has any.
    """
    kind = experiment.problems[problem].kind
    return CASES[kind].loader(experiment, problem, data)


# Asked for every row of a table; it reads samples.
@cache
def foreseen(given: Any, settings: EvaluationConfig) -> set[str]:
    """What will be known about a problem: the `facts` of its cases.

    **Arguments:** the settings of the problem, and those of the evaluation.
    """
    return CASES[given.kind].foreseen(given, settings)
