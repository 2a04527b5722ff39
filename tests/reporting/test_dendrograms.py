import numpy as np
import pytest
from matplotlib.colors import to_hex

from nlot.config import parse_config
from nlot.discrete.clustering import linked
from nlot.methods.path_costs.training import Dissimilarities
from nlot.reporting.dendrograms import colours, link_colours
from nlot.reporting.drawing import draw

from ..conftest import EUCLIDEAN, PATH_COSTS, TOWERS
from .untrained import assert_inside, untrained

MATRIX = np.array([[0, 1, 5, 6], [1, 0, 6, 5], [5, 6, 0, 2], [6, 5, 2, 0.0]])


@pytest.fixture
def experiment():
    entry = {"kind": "dendrogram", "problems": ["towers"], "methods": ["path_costs"]}
    figures = {"one": entry, "more": {**entry, "controls": ["w2", "fermat"]}}
    problems = {"towers": TOWERS, "free": {**TOWERS, "lagrangian": EUCLIDEAN}}
    both = {**figures["more"], "problems": ["towers", "free"]}
    return parse_config(
        {
            "preset": "mine",
            "problems": problems,
            "methods": {"path_costs": PATH_COSTS},
            "figures": {**figures, "both": both},
        }
    )


@pytest.fixture
def runs(towers):
    found = []
    for name in ("towers", "free"):
        run = untrained(towers, (name, "path_costs"), "path_costs")
        run.networks = Dissimilarities.of(MATRIX)
        found.append(run)
    return found


def heights(panel):
    """The heights of a dendrogram's links."""
    lines = [path for part in panel.collections for path in part.get_paths()]
    return sorted({float(path.vertices[:, 1].max()) for path in lines})


def test_clouds_stand_above_a_dendrogram_for_each_row(
    experiment, runs, towers, tmp_path
):
    figure = draw("more", experiment, runs, data={"towers": towers})
    clouds, *trees = figure.axes
    assert clouds.get_title() == "towers"
    assert [t.get_ylabel() for t in trees] == [
        "Exact path costs",
        "W₂",
        "Fermat distance",
    ]
    np.testing.assert_allclose(heights(trees[0]), linked(MATRIX)[:, 2])
    named = [t.get_text() for t in trees[0].get_xticklabels()]
    assert sorted(named) == sorted(towers.names)
    assert_inside(figure, tmp_path)


def test_links_within_a_label_have_its_colour(towers):
    known, found = colours(towers), link_colours(linked(MATRIX), towers)
    left, right = known["left"], known["right"]
    assert left != right
    assert [found[k] for k in range(4)] == [left, left, right, right]
    assert {found[4], found[5]} == {left, right}
    assert found[6] not in {left, right}
    assert to_hex(found[6])


def test_a_control_that_a_problem_cannot_have_leaves_its_panel_empty(
    experiment, runs, towers
):
    from nlot.costs.lagrangians import Newtonian
    from nlot.measures.clouds import Clouds
    from nlot.problems.collection import Collection

    free = Collection.of(Clouds(towers.names, towers.clouds), Newtonian())
    figure = draw("both", experiment, runs, data={"towers": towers, "free": free})
    last = figure.axes[-1]
    assert not last.axison
    assert figure.axes[-2].axison
