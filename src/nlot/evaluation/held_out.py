"""Populations predicted at held-out times, and controls of these predictions."""

from typing import Any, Literal

import jax
import numpy as np
import pandas as pd

from nlot.discrete.couplings import exact_plan, squared_distances
from nlot.evaluation.controls import control
from nlot.evaluation.registry import SEQUENCE, Value, derived, less, measure
from nlot.evaluation.sequence_case import Compared, SequenceCase
from nlot.evaluation.wasserstein import exact_distance
from nlot.problems.sequence import MeasuresInTime, Particles
from nlot.training.streams import stream

_FLOOR, _MIDPOINT = "held_out_floor", "ot_midpoint"
_ABOUT: dict[str, Any] = {
    "needs": ["population", "held_out_times"],
    "problems": SEQUENCE,
    "per": "held_out_times",
    "note": "W₁, W₂ at a held-out time, whose samples are not trained on: exact, "
    "between them and the population that is predicted, mostly the samples of the time "
    "before, moved on; in the data's unit.",
}


@measure("held_out_w1", "W₁ at the held-out time{entry}, n = {n}", 3, **_ABOUT)
def held_out_w1(case: SequenceCase, time: float) -> Value:
    """Exact W1 between predicted and held-out samples."""
    return _distance(case, time, 1)


@measure("held_out_w2", "W₂ at the held-out time{entry}, n = {n}", 3, **_ABOUT)
def held_out_w2(case: SequenceCase, time: float) -> Value:
    """Exact W2 between predicted and held-out samples."""
    return _distance(case, time, 2)


@derived(
    "held_out_w1_excess",
    "W₁ at the held-out time, excess over the floor",
    3,
    problems=SEQUENCE,
)
def held_out_w1_excess(rows: pd.DataFrame) -> pd.DataFrame:
    """Excess of `held_out_w1` over that of two halves of the samples."""
    return less(rows, "held_out_w1", _FLOOR)


@derived(
    "held_out_w1_change",
    "W₁ at the held-out time, less that of the OT midpoint",
    3,
    problems=SEQUENCE,
    note="Negative: better than plain optimal transport.",
)
def held_out_w1_change(rows: pd.DataFrame) -> pd.DataFrame:
    """By how much `held_out_w1` differs from that of the OT midpoint."""
    return less(rows, "held_out_w1", _MIDPOINT)


def _distance(case: SequenceCase, time: float, order: Literal[1, 2]) -> Value:
    found = case.compared(time)
    value = exact_distance(found.points, found.samples, order, found.weights)
    return value, len(found.samples)


_CONTROL: dict[str, Any] = {
    "capabilities": ["population"],
    "needs": ["held_out_times"],
}


@control(
    _FLOOR,
    "Noise floor (two halves)",
    SEQUENCE,
    **_CONTROL,
    note="Noise floor: one half of the held-out samples against the other; that of all "
    "of them would be lower.",
)
class HeldOutFloor:
    """Random halves of the held-out samples against each other."""

    def __init__(self, config: MeasuresInTime.Config, data: Particles, seed: int):
        self._unseen, self._key = data.unseen, stream(seed, "evaluation/held_out")

    def compared(self, time: float) -> Compared:
        """The halves at a held-out time."""
        samples = self._unseen[time]
        order = np.asarray(jax.random.permutation(self._key, len(samples)))
        first, second = np.split(samples[order], [len(samples) // 2])
        return Compared(first, None, second)


@control(
    _MIDPOINT,
    "OT midpoint",
    SEQUENCE,
    **_CONTROL,
    note="OT midpoint: samples of the times before and after, coupled optimally for "
    "the squared Euclidean cost and moved along straight lines to the held-out time.",
)
class Midpoint:
    """McCann's interpolation between the neighbours of a held-out time."""

    def __init__(self, config: MeasuresInTime.Config, data: Particles, seed: int):
        self._data = data

    def compared(self, time: float) -> Compared:
        """Points between all coupled samples, weighted by the mass that they share."""
        sequence = self._data.sequence
        after = int(np.searchsorted(sequence.times, time))
        start, end = sequence.times[after - 1 : after + 1]
        x, y = (m.astype(np.float64) for m in sequence.measures[after - 1 : after + 1])
        plan, _, _ = exact_plan(squared_distances(x, y))
        i, j = np.nonzero(plan)
        points = x[i] + (time - start) / (end - start) * (y[j] - x[i])
        return Compared(points, plan[i, j], self._data.unseen[time])
