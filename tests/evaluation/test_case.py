"""What runs and the floor are measured on."""

from types import SimpleNamespace

import numpy as np

from nlot.config import EvaluationConfig
from nlot.costs.lagrangians import Newtonian
from nlot.discrete.couplings import exact_squared_w2
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.transport_case import TransportCase
from nlot.measures.empirical import Empirical
from nlot.problems.transport import Transport


def test_a_perfect_map_between_given_samples_is_at_the_floor():
    """Within 40 %: of 300 samples each in the floor, the map has 600 of its own.

    With the same samples on both sides the floor is a fifth of that.
    """
    x, y = np.random.default_rng(0).normal(size=(2, 600, 2))
    problem = Transport.between(Empirical(x), Empirical(y), Newtonian())
    identity = SimpleNamespace(stochastic=False, transport=lambda x, key=None: x)

    def distance(subject):
        case = TransportCase(problem, subject, EvaluationConfig(), 0)
        pushed, target = case.draws("test", 4, 512)
        return np.mean(list(map(exact_squared_w2, pushed, target)))

    floor = distance(CONTROLS["floor"].make(problem))
    assert abs(distance(identity) - floor) < 0.4 * floor
