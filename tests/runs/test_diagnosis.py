"""What a run's own checks say of maps whose quality is known."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.costs.lagrangians import Newtonian
from nlot.measures.distributions import Gaussian
from nlot.measures.empirical import Empirical
from nlot.methods.diagnosis import Diagnosis
from nlot.problems.sequence import Sequence
from nlot.problems.transport import Transport
from nlot.runs.diagnosis import diagnose

SHIFT = jnp.array([3.0, 1.0])
SOURCE = Gaussian(jnp.zeros(2), jnp.eye(2))
TARGET = Gaussian(SHIFT, jnp.eye(2))


def actions(*losses):
    return [{"phase": "paths", "spline": loss} for loss in losses]


def bent(x, y, s, height):
    """Straight paths with half a sine wave across the shift."""
    across = height * np.array([-1.0, 3.0]) / np.sqrt(10)
    line = x[:, None] + s[:, None] * (y - x)[:, None]
    return line + np.sin(np.pi * s)[:, None] * across


SETTLED = actions(5.0, 4.0, 3.0, 3.0)


def run(
    transport,
    source=SOURCE,
    target=TARGET,
    height=0.0,
    potential=None,
    history=None,
    lagrangian=None,
):
    """A run of the map; by default with the true potential of a translation."""
    given = {
        "problem": Transport.between(source, target, lagrangian or Newtonian()),
        "seed": 0,
        "history": SETTLED if history is None else history,
        "action_loss": ("paths", "spline", 0.01),
        "stochastic": False,
        "transport": lambda x, key=None: transport(x),
        "cost": lambda x, y: jnp.sum((x - y) ** 2, -1) / 2,
        "polygons": lambda x, y, s: bent(x, y, s, height),
        "potential": potential or (lambda y: y @ SHIFT),
        # The infimum over y of |x - y|²/2 - SHIFT·y.
        "dual": lambda x: -(x @ SHIFT) - SHIFT @ SHIFT / 2,
    }
    return SimpleNamespace(**given)


def test_a_perfect_map_has_nothing_wrong():
    found = diagnose(run(lambda x: x + SHIFT))
    assert (
        found.converged and found.held_out is None and found.training_marginal is None
    )
    for part in (found.marginal, found.duality_gap, found.path_excess):
        assert abs(part.value) <= 3 * part.error + 0.05
    assert "nothing found wrong" in str(found)


def test_weights_of_samples_are_their_shares():
    """Two clusters of as many points, which weights make nine to one."""
    rng = np.random.default_rng(0)
    far = np.array([5.0, 0.0])
    points = np.concatenate([rng.normal(size=(1000, 2)) + i * far for i in range(2)])
    weights = np.repeat([0.9, 0.1], 1000)
    plain = np.concatenate(
        [rng.normal(size=(n, 2)) + i * far for i, n in enumerate([1800, 200])]
    )
    found = diagnose(
        run(lambda x: x, Empirical(points, weights), Empirical(plain))
    ).marginal
    assert abs(found.value) < 3 * found.error + 0.5
    assert found.error < 3


def test_a_map_that_stops_short_misses_the_target():
    """By a tenth of the shift: W2² is 0.1, of a variance of 2."""
    found = diagnose(run(lambda x: x + 0.9 * SHIFT))
    exact = 100 * float(SHIFT @ SHIFT) * 0.01 / 2
    assert abs(found.marginal.value - exact) < 3 * found.marginal.error + 0.2
    assert any("does not reach the target" in text for text in found.problems)


def test_a_map_that_reaches_the_target_at_a_higher_cost_has_a_gap():
    """It swaps the sides: E|x - T(x)|²/2 is 4 more than the optimum of 5."""
    found = diagnose(run(lambda x: SHIFT - x))
    assert found.marginal.value - 2 * found.marginal.error < 1
    np.testing.assert_allclose(
        found.duality_gap.value, 100 * 4 / 9, atol=3 * found.duality_gap.error
    )
    assert [text[:13] for text in found.problems] == ["the potential"]


def test_paths_above_those_of_least_action_are_named():
    """A wave of height h adds π²h²/4 to the cost of 5."""
    found = diagnose(run(lambda x: x + SHIFT, height=0.3))
    more = np.pi**2 * 0.09 / 4
    np.testing.assert_allclose(
        found.path_excess.value, 100 * more / (5 + more), rtol=1e-3
    )
    assert any("least action" in text for text in found.problems)


def test_a_map_that_knows_its_samples_by_heart_is_found_out():
    """Each training sample goes to one of the target's, any other point to another."""
    keys = jax.random.split(jax.random.key(1), 2)
    source = Empirical(SOURCE.sample(keys[0], 600), part_held_out=0.3)
    target = Empirical(TARGET.sample(keys[1], 600), part_held_out=0.3)
    known, goals = source.training.points, target.training.points

    def learned(x):
        near = jnp.sum((x[:, None] - known) ** 2, -1)
        wrong = jnp.where(jnp.min(near, 1) > 1e-9, 1.5, 0.0)
        return goals[jnp.argmin(near, 1)] + wrong[:, None]

    found = diagnose(run(learned, source, target))
    assert found.held_out == 180
    assert found.training_marginal.value < found.marginal.value / 4
    assert any("by heart" in text for text in found.problems)


@pytest.mark.parametrize("late, missed", [(0.0, []), (0.5, ["2.5", "4"])])
def test_carried_samples_that_lag_behind_are_named_by_time(late, missed):
    """Half a shift too little in each step from the second: W2² is 2.5, and then 10.

    The variance is 2, and half of the samples are compared with the other half.
    """
    times = (0.0, 1.0, 2.5, 4.0)
    cloud = np.asarray(SOURCE.sample(jax.random.key(0), 64))
    steps = np.array([0.0, 1.0, 2.0, 3.0])[:, None, None] * np.asarray(SHIFT)
    lags = np.array([0.0, 0.0, late, 2 * late])[:, None, None] * np.asarray(SHIFT)
    carried = SimpleNamespace(
        seed=0,
        times=times,
        problem=Sequence.of(list(cloud + steps), times),
        carry=lambda x: x + steps - lags,
    )
    found = diagnose(carried)
    assert [text.split("time ")[1].split(";")[0] for text in found.problems] == missed
    exact = 100 * float(SHIFT @ SHIFT) * (2 * late) ** 2 / 2
    # The floor, which common points do not have, is 10 to 20 % for 32 points.
    assert -20 < found.marginal.value - exact < 3 * found.marginal.error + 5
    assert found.held_out == 0


@pytest.mark.parametrize(
    "history, fault",
    [
        (
            actions(5.0, 4.0, 3.3, 3.0),
            "changed by 9.1 % in the last",
        ),
        (actions(3.0, 3.0, 3.0), "too few reports of 'paths'"),
        ([{"phase": "polish", "action": 3.0}], "too few reports of 'paths'"),
    ],
)
def test_an_action_that_still_falls_is_named(history, fault):
    # Where L may depend on position: elsewhere there are no paths to train.
    flat = Newtonian(lambda x: 0 * x[0])
    found = diagnose(run(lambda x: x + SHIFT, history=history, lagrangian=flat))
    assert [fault in text for text in found.problems] == [True]


def test_numbers_that_are_not_finite_are_wrong():
    found = diagnose(run(lambda x: x + SHIFT, potential=lambda y: jnp.nan * y[:, 0]))
    assert any("potential" in text for text in found.problems)


@pytest.mark.parametrize("training", [None, (1.0, 0.5)])
def test_it_is_read_as_it_was_stored(training):
    plain = {
        "marginal": [1.0, 0.25],
        "training_marginal": training and list(training),
        "duality_gap": None,
        "path_excess": [0.5, 0.125],
        "held_out": 80,
        "problems": ["train longer"],
    }
    found = Diagnosis.read(plain)
    assert not found.converged
    assert Diagnosis.read(found.plain()) == found
    assert "80 held-out" in str(found) and "train longer" in str(found)
