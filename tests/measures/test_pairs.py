"""Points with known images."""

import jax
import numpy as np
import pytest

from nlot.config.kinds import settings_class
from nlot.discrete.couplings import assign
from nlot.measures.pairs import check_pairs


def settings(**given):
    return settings_class("paired", given["kind"]).model_validate(given)


SHAPES = [{"kind": "aligned", "shape": s} for s in ("t_shape", "moon", "spiral")]
RANDOM = {"kind": "random_images", "dimension": 3}
NORMAL = {
    "kind": "gaussian",
    "mean": [0.0, 0.0],
    "covariance": [[1.0, 0.0], [0.0, 1.0]],
}
OPTIMAL = {
    "kind": "optimal_images",
    "source": NORMAL,
    "cost": {"kind": "p_norm", "norm": 1.5, "power": 3.0},
}
GAUSSIANS = {
    "kind": "gaussian_images",
    "source": {**NORMAL, "covariance": [[1.0, 0.0], [0.0, 0.1]]},
    "target": {
        "kind": "gaussian",
        "mean": [1.0, 2.0],
        "covariance": [[0.5, 0.2], [0.2, 1.0]],
    },
    "cost": {"kind": "mahalanobis", "matrix": [[1.0, 0.3], [0.3, 0.5]]},
}
ALL = [*SHAPES, RANDOM, OPTIMAL, GAUSSIANS]


@pytest.mark.parametrize("given", ALL, ids=lambda g: g.get("shape", g["kind"]))
def test_samples_and_pairs_have_the_numbers_asked_for(given):
    config = settings(
        **given, source_points=20, target_points=24, pairs=12, known=5, held_out=7
    )
    data = config.draw(jax.random.key(0))
    d = config.dimension
    assert data.source.shape == (20, d)
    assert data.target.shape == (24, d)
    assert data.new_source.shape == data.new_target.shape == (7, d)
    assert len(data.pairs) == 12
    assert len(data.given) == 5
    check_pairs(data.pairs, 20, 24)
    again = config.draw(jax.random.key(0))
    np.testing.assert_array_equal(again.target, data.target)


def images(given, n=64):
    data = settings(
        **given, source_points=n, target_points=n, pairs=n, held_out=0
    ).draw(jax.random.key(1))
    rows, columns = data.pairs.T
    return data.source[rows], data.target[columns]


def test_strips_move_right_and_down():
    x, y = images(SHAPES[0])
    left = x[:, 0] < -5
    assert 10 < left.sum() < 54
    np.testing.assert_allclose((y - x)[left], [[14.4, 0]] * left.sum(), atol=1e-5)
    np.testing.assert_allclose((y - x)[~left], [[0, -10.1]] * (~left).sum(), atol=1e-5)


@pytest.mark.parametrize(("shape", "factor"), [("moon", 1.0), ("spiral", 0.8)])
def test_crescents_and_spiral_turn(shape, factor):
    x, y = images({"kind": "aligned", "shape": shape})
    a, b = (z[:, 0] + 1j * z[:, 1] for z in (x, y))
    ratio = b / a
    np.testing.assert_allclose(np.abs(ratio), factor, rtol=1e-4)
    np.testing.assert_allclose(ratio, ratio[0], atol=1e-4)


@pytest.mark.parametrize("given", [OPTIMAL, GAUSSIANS], ids=lambda g: g["kind"])
def test_images_are_optimal_for_their_cost(given):
    """Of samples, the pairs are the cheapest matching."""
    x, y = images(given)
    cost = settings(**given).cost.build()
    with jax.enable_x64(True):
        costs = jax.vmap(lambda a: jax.vmap(lambda b: cost(a - b))(y))(x)
    order, _ = assign(np.asarray(costs))
    np.testing.assert_array_equal(order, np.arange(len(x)))


def test_images_of_a_gaussian_are_the_other():
    _, y = images(GAUSSIANS, n=4000)
    target = GAUSSIANS["target"]
    # Four standard errors of 4,000 draws.
    np.testing.assert_allclose(y.mean(axis=0), target["mean"], atol=0.07)
    np.testing.assert_allclose(np.cov(y.T), target["covariance"], atol=0.1)


def test_random_images_are_standardised_and_not_found_by_distance():
    x, y = images(RANDOM, n=1000)
    for z in (x, y):
        np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.2)
        np.testing.assert_allclose(z.std(axis=0), 1, atol=0.2)
    apart = np.linalg.norm(y - x, axis=1)
    assert np.sqrt((apart**2).mean()) > 0.5


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        ([[0, 1], [9, 2]], "index 9 of the source"),
        ([[0, 1], [1, -1]], "index -1 of the target"),
        ([[0, 1], [0, 2]], "sample 0 of the source"),
        ([[0, 1], [2, 1]], "sample 1 of the target"),
    ],
)
def test_rows_that_are_no_pairs(pairs, named):
    with pytest.raises(ValueError, match=named):
        check_pairs(np.array(pairs), 9, 9)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"pairs": 200}, "pairs: found 200 for 128 and 128"),
        ({"pairs": 10, "known": 11}, "known: found 11 of 10"),
        ({"source_points": 2}, "source_points"),
    ],
)
def test_numbers_that_do_not_fit(change, named):
    with pytest.raises(ValueError, match=named):
        settings(**{**SHAPES[0], **change})


def test_rows_of_two_files_are_pairs(tmp_path):
    x = np.random.default_rng(0).normal(size=(50, 2))
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", 2 * x)
    files = {
        "source": {"path": str(tmp_path / "x.npy")},
        "target": {"path": str(tmp_path / "y.npy")},
    }
    numbers = {"source_points": 16, "target_points": 20, "pairs": 9, "held_out": 5}
    config = settings(kind="pair_files", **files, **numbers)
    data = config.draw(jax.random.key(0))
    rows, columns = data.pairs.T
    np.testing.assert_allclose(data.target[columns], 2 * data.source[rows], rtol=1e-6)
    np.testing.assert_allclose(data.new_target, 2 * data.new_source, rtol=1e-6)
    more = settings(kind="pair_files", **files, **{**numbers, "held_out": 100})
    with pytest.raises(ValueError, match=r"has 50 rows; 127 are needed"):
        more.draw(jax.random.key(0))
    np.save(tmp_path / "y.npy", x[:40])
    with pytest.raises(ValueError, match="they are pairs"):
        config.draw(jax.random.key(0))
