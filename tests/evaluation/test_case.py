"""All are measured on the same draws, and no draw meets itself."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import EvaluationConfig
from nlot.evaluation.case import TransportCase
from nlot.evaluation.controls import EuclideanOT, Floor, Translation
from nlot.evaluation.distances import sinkhorn_divergence, w2_exact, w2_paper
from nlot.measures.distributions import GaussianMixture

from .opened import untrained

DRAWS = {"paper": (3, 48), "exact": (2, 48), "divergence": (2, 48)}

SAMPLING = {"paper": "independent", "exact": "spread", "divergence": "spread"}


def draws(problem, subject, name, seed=0):
    case = TransportCase(problem, subject, EvaluationConfig(), seed)
    return [np.asarray(part) for part in case.draws(name, *DRAWS[name], SAMPLING[name])]


@pytest.mark.parametrize("name", DRAWS)
def test_all_meet_the_same_target_draws(well, name):
    moved, target = draws(well, Translation(well), name)
    floor, other = draws(well, Floor(well), name)
    np.testing.assert_array_equal(other, target)
    np.testing.assert_array_equal(draws(well, EuclideanOT(well), name)[1], target)
    # The floor's draws are those of the translation, which is exact here.
    np.testing.assert_allclose(floor, moved, atol=1e-5)


def test_exact_distances_are_between_evenly_spread_points(monkeypatch):
    """By the paper's protocol points are independent; no other measure's are."""
    asked = {}

    def record(self, name, draws, points, sampling="spread"):
        asked[name] = sampling
        raise StopIteration

    monkeypatch.setattr(TransportCase, "draws", record)
    case = object.__new__(TransportCase)
    case.settings = EvaluationConfig()
    for measure in (w2_paper, w2_exact, sinkhorn_divergence):
        with pytest.raises(StopIteration):
            measure(case)
    assert asked == SAMPLING


def test_every_mode_gets_its_share_of_even_draws(well):
    """Source and target of a floor: 64 points of each of three Gaussians."""
    means = jnp.array([[-9.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    problem = replace(well, target=GaussianMixture(means, jnp.array(0.5)))
    case = TransportCase(problem, Floor(problem), EvaluationConfig(), 0)
    for part in case.draws("exact", 2, 192):
        gaps = jnp.linalg.norm(part[:, :, None] - means, axis=-1)
        near = np.asarray(gaps.argmin(-1))
        assert [np.bincount(each).tolist() for each in near] == [[64] * 3] * 2


@pytest.mark.parametrize("control", [Floor, EuclideanOT])
def test_no_sample_meets_itself(well, control):
    """Floor, source and target draws, and those of different seeds, are apart."""
    for name in DRAWS:
        moved, target = draws(well, control(well), name)
        points = target.reshape(-1, 2)[:200]
        gaps = np.abs(moved.reshape(-1, 1, 2)[:500] - points).max(axis=2)
        assert gaps.min() > 0
    first, second = (draws(well, Floor(well), "paper", seed)[1] for seed in (0, 1))
    assert np.abs(first - second).max() > 0.1


def test_a_map_is_drawn_as_its_variants_are(well, make_method):
    """The same source samples, refined and not."""
    run = untrained(well, make_method("nlot"))
    refined, network = run.variants
    with_, without = (draws(well, each, "paper") for each in (refined, network))
    np.testing.assert_array_equal(with_[1], without[1])
    assert np.any(with_[0] != without[0])


def test_a_bridge_is_measured_on_the_paths_that_it_is_pushed_along(wall, make_method):
    """With the same key: ends, action and time in the box are of the same paths."""
    run = untrained(wall, make_method("nlsb", time_steps=10), "wall")
    settings = EvaluationConfig.model_validate({"action": {"points": 16}})
    for variant in run.variants:
        case = TransportCase(wall, variant, settings, 0)
        x, y = case.ends
        steps = variant.steps(x, case._action_keys[1])
        np.testing.assert_array_equal(y, steps[:, -1])
        share = jnp.all(jnp.abs(steps) < 0.5, axis=-1).mean(axis=1)
        np.testing.assert_allclose(case.own_paths.obstacle_time, share, atol=1e-6)
