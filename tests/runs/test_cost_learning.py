"""Costs learned from arrays."""

import numpy as np
import pytest

import nlot

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 2))
Y = X + np.array([3.0, 0.0])
FEW = {"convex": {"hidden": [4]}, "steps": 4, "report_every": 2}


def test_runs_are_stored_and_opened(tmp_path):
    settings = {**FEW, "flow": {"layers": 2, "width": 4}}
    run = nlot.learn_cost(X, Y, [(0, 0), (1, 1)], settings=settings, folder=tmp_path)
    again = nlot.load(tmp_path)
    np.testing.assert_allclose(again.transport(X), run.transport(X), rtol=1e-5)
    np.testing.assert_allclose(again.costs(X, Y), run.costs(X, Y), rtol=1e-5)


def test_translations_are_found_from_one_pair():
    run = nlot.learn_cost(X, Y, [(0, 0)], settings={"steps": 50})
    assert np.abs(run.transport(X) - Y).max() < 0.1


def test_structures_may_stand_for_pairs():
    settings = {**FEW, "loss": {"kind": "low_rank", "rank": 1}}
    run = nlot.learn_cost(X, Y, method="monge_cost", settings=settings)
    assert np.isfinite(run.transport(X)).all()


@pytest.mark.parametrize(
    ("pairs", "named"),
    [
        ([(0, 20)], "pairs: row 0 has index 20 of the target"),
        ([(0, 1), (0, 2)], "pairs: sample 0 of the source is in 2 pairs"),
        ([0, 1], r"pairs: expected integers of shape \(k, 2\)"),
        ([(0.5, 1.0)], r"pairs: expected integers of shape \(k, 2\)"),
        ([], "no pairs are known"),
    ],
)
def test_bad_pairs_are_named(pairs, named):
    with pytest.raises(ValueError, match=named):
        nlot.learn_cost(X, Y, pairs)


def test_dimensions_must_agree_and_be_two():
    with pytest.raises(ValueError, match="target has dimension 1, source has 2"):
        nlot.learn_cost(X, Y[:, :1], [(0, 0)])
    with pytest.raises(ValueError, match="dimension 1"):
        nlot.learn_cost(X[:, :1], Y[:, :1], [(0, 0)])
    with pytest.raises(ValueError, match="method"):
        nlot.learn_cost(X, Y, [(0, 0)], method="nlot")


def test_code_of_others_does_not_run(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def far(images, x, y):\n    return ((images - y) ** 2).mean()\n")
    settings = {**FEW, "loss": {"kind": "python", "file": str(file), "name": "far"}}
    folder = tmp_path / "run"
    nlot.learn_cost(X, Y, method="monge_cost", settings=settings, folder=folder)
    with pytest.raises(nlot.RunError, match="trust_code"):
        nlot.load(folder)
    assert nlot.load(folder, trust_code=True).transport(X).shape == X.shape
