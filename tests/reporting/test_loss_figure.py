import matplotlib.image
import numpy as np
import pytest

from nlot.config import parse_config
from nlot.ground_truth.truth import load_truth
from nlot.reporting.drawing import draw
from nlot.reporting.style import save_figure

from ..conftest import SLAB, WALL, settings
from .untrained import untrained

ENTRY = {"kind": "losses", "problems": ["wall", "well"], "methods": ["nlot"]}


def experiment():
    raw = settings()
    raw["problems"]["wall"] = {**SLAB, "lagrangian": WALL}
    return parse_config({**raw, "figures": {"any": ENTRY}})


@pytest.fixture(scope="module")
def drawn(truth_file, wall, well):
    truths = {name: load_truth(truth_file(name)) for name in ("wall", "well")}
    runs = {
        (name, "nlot"): untrained(problem, (name, "nlot"))
        for name, problem in (("wall", wall), ("well", well))
    }
    return truths, runs, draw("any", experiment(), runs.values(), truths)


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def test_a_column_a_problem_and_a_row_a_map(drawn):
    _, _, figure = drawn
    found = panels(figure)
    assert [axes.get_title(loc="left") for axes in found] == ["wall", "well", "", ""]
    assert [axes.get_ylabel() for axes in found] == ["Translation", "", "NLOT", ""]


def test_points_of_the_source_have_the_colour_of_their_loss(drawn):
    truths, runs, figure = drawn
    for column, (name, truth) in enumerate(truths.items()):
        pushed = np.asarray(runs[name, "nlot"].transport(truth.x), np.float64)
        expected = 100 * truth.losses(pushed) / truth.optimum
        (dots,) = panels(figure)[2 + column].collections
        order = np.argsort(expected)
        np.testing.assert_allclose(dots.get_array(), expected[order], atol=1e-6)
        np.testing.assert_allclose(dots.get_offsets(), truth.x[order])
        title = panels(figure)[2 + column].get_title(loc="right")
        assert title == f"{expected.mean():.3f} %"


def test_maps_of_a_problem_share_their_colours(drawn):
    _, _, figure = drawn
    top, bottom = panels(figure)[0].collections[0], panels(figure)[2].collections[0]
    assert top.norm.vmax == bottom.norm.vmax
    assert top.norm.vmin == bottom.norm.vmin == 0


def test_is_written(drawn, tmp_path):
    save_figure(drawn[2], tmp_path / "loss.png")
    assert matplotlib.image.imread(tmp_path / "loss.png").min() < 1
