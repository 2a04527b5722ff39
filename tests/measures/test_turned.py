import jax
import numpy as np
import pytest
from pydantic import ValidationError

from nlot.config.kinds import settings_class
from nlot.measures.distributions import Gaussian

CLOUD = {
    "kind": "gaussian",
    "mean": [1.0, 0.0, 2.0],
    "covariance": [[0.3, 0.1, 0.0], [0.1, 0.2, 0.0], [0.0, 0.0, 0.4]],
}


def turned(degrees, of=CLOUD):
    given = {"kind": "turned", "of": of, "degrees": degrees}
    return settings_class("measure", "turned").model_validate(given).build()


@pytest.mark.parametrize("how", ["independent", "spread"])
def test_samples_are_those_of_the_original_turned(how):
    key, measure = jax.random.key(0), turned(90)
    x = np.asarray(measure.original.draw(key, 10, how))
    expected = np.column_stack([-x[:, 1], x[:, 0], x[:, 2]])
    np.testing.assert_allclose(measure.draw(key, 10, how), expected, atol=1e-6)


def test_moments_turn():
    """By R m and R Σ Rᵀ."""
    measure = turned(30)
    c, s = np.cos(np.pi / 6), np.sin(np.pi / 6)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    mean, covariance = (np.array(CLOUD[k]) for k in ("mean", "covariance"))
    np.testing.assert_allclose(measure.mean, rotation @ mean, atol=1e-6)
    expected = rotation @ covariance @ rotation.T
    np.testing.assert_allclose(measure.covariance, expected, atol=1e-6)


def test_a_whole_turn_changes_nothing():
    x = turned(360).sample(jax.random.key(1), 5)
    assert isinstance(turned(0).original, Gaussian)
    np.testing.assert_allclose(x, turned(0).sample(jax.random.key(1), 5), atol=1e-5)


def test_given_samples_are_held_out_alike(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(50, 2)))
    of = {"kind": "samples", "path": str(tmp_path / "x.npy"), "held_out": 0.2}
    measure = turned(90, of)
    assert len(measure.held_out.original.points) == 10
    assert len(measure.training.original.points) == 40


def test_the_line_does_not_turn():
    line = {"kind": "uniform", "low": [0.0], "high": [1.0]}
    with pytest.raises(ValidationError, match="2 or more dimensions, found one in 1"):
        turned(90, line)


def test_turns_are_not_nested():
    with pytest.raises(
        ValidationError, match="unknown kind 'turned'; valid kinds: uniform"
    ):
        turned(90, {"kind": "turned", "of": CLOUD, "degrees": 10})
