"""Figures of pairs of samples."""

import numpy as np
import pytest

from nlot.config import parse_config
from nlot.ground_truth.truth import load_truth, make_truth
from nlot.reporting.drawing import draw

from ..conftest import METHODS, settings
from .untrained import untrained

CLOUD = {"kind": "gaussian_mixture", "means": [[1.0, 0.0]], "std": 0.15}
RING = {
    "kind": "transport",
    "source": CLOUD,
    "target": {"kind": "turned", "of": CLOUD, "degrees": 90},
    "lagrangian": {
        "kind": "riemannian",
        "metric": {"kind": "density", "density": {"kind": "ring", "std": 0.3}},
    },
}
POINTS = 16


def experiment(points=POINTS):
    raw = settings()
    raw["problems"] = {"ring": RING}
    raw["methods"] = {"kernel_paths": METHODS["kernel_paths"]}
    raw["evaluation"] |= {"matching": {"points": points}}
    raw["evaluation"]["least_action"] = {"segments": 16, "bends": [], "waves": 0}
    entry = {"problems": ["ring"], "methods": ["kernel_paths"], "kind": "matching"}
    raw["tables"] = {}
    controls = ["optimal_pairs", "turn", "euclidean_ot"]
    raw["figures"] = {"any": {**entry, "controls": controls}}
    return parse_config(raw)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    path = tmp_path_factory.mktemp("truth") / "ring.npz"
    given = experiment()
    make_truth(given, "ring", path)
    truth, problem = load_truth(path), given.problems["ring"].load()
    run = untrained(problem, ("ring", "kernel_paths"), "kernel_paths")
    figure = draw("any", given, [run], {"ring": truth}, {"ring": problem})
    return truth.matchings[0], figure


def test_there_is_a_panel_for_each_method_and_control(drawn):
    _, figure = drawn
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == ["Kernel paths", "Exact coupling", "Rotation", "Euclidean OT"]


def test_partners_have_the_colour_of_their_samples(drawn):
    """Of the turn: the same colours in the same order."""
    found, figure = drawn
    source, target = figure.axes[2].collections[1:3]
    np.testing.assert_allclose(source.get_array(), target.get_array())
    places = [np.asarray(c.get_offsets()) for c in (source, target)]
    np.testing.assert_allclose(places[0][:, 0], places[1][:, 1], atol=1e-5)
    assert len(places[0]) == POINTS
    assert {tuple(p) for p in places[0]} == {tuple(p) for p in found.x}


def test_it_needs_samples_to_pair():
    with pytest.raises(ValueError, match=r"evaluation\.matching\.points is 0"):
        experiment(0)
