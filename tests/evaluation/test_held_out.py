"""Populations at held-out times: clouds whose whereabouts are known."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from nlot.config import settings_class
from nlot.evaluation import CONTROLS
from nlot.evaluation.held_out import (
    Midpoint,
    held_out_w1_change,
    held_out_w1_excess,
)
from nlot.evaluation.rows import measured
from nlot.evaluation.sequence_case import SequenceCase
from nlot.evaluation.wasserstein import exact_distance
from nlot.problems.sequence import Particles, Sequence

from .opened import untrained

RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(40, 2)).astype(np.float32)
TIMES, VELOCITY = (0.0, 1.0, 2.5, 3.0), np.array([3.0, -1.0])
W1, W2 = "held_out_w1", "held_out_w2"


def moving(held_out):
    """A cloud at one velocity, in an order of its own at each time."""
    samples = {t: RNG.permutation(CLOUD + t * VELOCITY) for t in TIMES}
    kept = [t for t in TIMES if t not in held_out]
    sequence = Sequence.of([samples[t] for t in kept], tuple(kept))
    return Particles(sequence, None, {t: samples[t] for t in held_out})


def settings(held_out, **more):
    data = {"kind": "samples", "path": "given.npz", "times": TIMES}
    problem = {"kind": "sequence", "data": data, "held_out_times": held_out, **more}
    return settings_class("problem", "sequence").model_validate(problem)


def scores(subject, held_out, data=None, seed=0, **more):
    """Held-out rows of a control by name, or of a run."""
    config, data = settings(held_out, **more), data or moving(held_out)
    if isinstance(subject, str):
        subject = CONTROLS[subject].make(config, data, seed)
    found = measured(SequenceCase(config, data, subject, seed), "sequence")
    return {name: v for name, v in found.items() if name.startswith("held_out")}


def test_the_midpoint_of_a_moving_cloud_is_where_it_is():
    """At each held-out time, not half-way between its neighbours.

    Rows name the time if there are several.
    """
    for held_out in ((1.0,), (2.5,), (1.0, 2.5)):
        found = scores("ot_midpoint", held_out)
        times = [""] if len(held_out) == 1 else [f"@{t:g}" for t in held_out]
        assert list(found) == [w + time for w in (W1, W2) for time in times]
        for value, n in found.values():
            assert (value, n) == (pytest.approx(0, abs=1e-5), 40)


def test_the_midpoint_of_unequal_numbers_shares_their_mass():
    """Ten points against two: those between carry a tenth each."""
    x, y = np.zeros((10, 1)), np.array([[1.0], [3.0]])
    sequence = Sequence.of([x, y], (0.0, 4.0))
    data = Particles(sequence, None, {1.0: y})
    found = Midpoint(settings(()), data, 0).compared(1.0)
    weight = {p: found.weights[found.points[:, 0] == p].sum() for p in (0.25, 0.75)}
    assert weight == {0.25: pytest.approx(0.5), 0.75: pytest.approx(0.5)}
    # Half of the mass goes from 0.25 to 1, half from 0.75 to 3.
    for power, expected in ((1, 1.5), (2, np.sqrt((0.75**2 + 2.25**2) / 2))):
        distance = exact_distance(found.points, y, power, found.weights)
        assert distance == pytest.approx(expected)


def test_the_floor_is_that_of_two_halves():
    """All samples, each in one half; halves of other seeds differ."""
    data = moving((1.0,))
    made = CONTROLS["held_out_floor"].make(settings((1.0,)), data, 0)
    halves = made.compared(1.0)
    both = np.concatenate([halves.points, halves.samples])
    assert sorted(map(tuple, both)) == sorted(map(tuple, data.unseen[1.0]))
    found = scores("held_out_floor", (1.0,), data)
    assert found == scores("held_out_floor", (1.0,), data)
    assert found != scores("held_out_floor", (1.0,), data, seed=1)
    assert [n for _, n in found.values()] == [20, 20]
    assert 0 < found[W1][0] < found[W2][0]


@pytest.mark.parametrize("control", ["held_out_floor", "ot_midpoint"])
def test_without_held_out_times_nothing_is_compared(control):
    case = SequenceCase(settings(()), moving(()), None, 0)
    assert not case.facts.issuperset(CONTROLS[control].needs)


def test_predictions_start_where_the_problem_says(make_method):
    """A run whose maps stay where they are: it is off by the way from there.

    That way takes 1.5 from the time before, and 2.5 from the first.
    """
    data = moving((2.5,))
    run = untrained(data.sequence, make_method("metric_nlot_plus"))
    still = dataclasses.replace(run, networks=zero_maps(run.networks))
    for start, passed in (("before", 1.5), ("first", 2.5)):
        found = scores(still, (2.5,), data, start=start)
        assert list(found) == [W1, W2]
        for value, n in found.values():
            assert (value, n) == (pytest.approx(passed * np.sqrt(10), rel=1e-5), 40)


def zero_maps(networks):
    """Maps without displacements, and hence paths that stay."""
    step = 0 * networks.frames.step
    frames = dataclasses.replace(networks.frames, step=step)
    return dataclasses.replace(networks, frames=frames)


class Drifting:
    """Remembers how points came, and keeps to it."""

    momentum = True

    def carry(self, x):
        return np.stack([x, x + VELOCITY, x + 3 * VELOCITY])

    def at(self, x, times, measure, before):
        assert (measure, times) == (1, [2.5])
        return (x + before * (times[0] - 1.0))[None]


def test_with_momentum_samples_go_on_as_arrivals_came():
    """Those of the second time, by the displacements of what is carried there."""
    found = scores(Drifting(), (2.5,))
    for value, _ in found.values():
        assert value == pytest.approx(0, abs=1e-5)


def test_displacements_are_compared_with_velocities():
    """A cloud that moves at one velocity, and what turns it by 60°."""
    data = moving(())
    known = [np.tile(VELOCITY, (40, 1)) for _ in TIMES]
    angle = np.pi / 3
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])

    def scored(velocity):
        def at(x, times, measure=0, before=None):
            return np.asarray(x)[None] + (times[0] - TIMES[measure]) * velocity

        subject = SimpleNamespace(at=at, momentum=False)
        case = SequenceCase(
            settings(()), data._replace(velocities=known), subject, seed=0
        )
        return measured(case, "sequence")["velocity_cosine"]

    assert scored(VELOCITY) == (pytest.approx(1.0, abs=1e-5), 120)
    assert scored(VELOCITY @ turn)[0] == pytest.approx(0.5, abs=1e-5)


def test_changes_are_from_the_controls_of_the_same_problem_and_seed():
    """One is the excess over the floor, the other over the OT midpoint."""
    values = {"held_out_floor": 0.5, "ot_midpoint": 0.75, "legs": 0.625}
    rows = pd.DataFrame(
        [
            {"problem": "p", "method": m, "seed": s, "measure": W1, "value": v + s}
            for m, v in values.items()
            for s in (0, 1)
        ]
    ).assign(n=40)
    found = {}
    for name, add in (("excess", held_out_w1_excess), ("change", held_out_w1_change)):
        changes = add(rows)
        assert set(changes["measure"]) == {f"{W1}_{name}"}
        found[name] = changes.set_index(["method", "seed"])["value"]
    assert found["excess"]["legs"].tolist() == [0.125, 0.125]
    assert found["change"]["legs"].tolist() == [-0.125, -0.125]
    assert found["change"]["held_out_floor"].tolist() == [-0.25, -0.25]
