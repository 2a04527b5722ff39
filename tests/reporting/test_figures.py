from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import jax
import jax.numpy as jnp
import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nlot.config import FigureConfig, parse_config
from nlot.config.figures import FIGURE_KINDS
from nlot.costs.closed_forms import closed_form
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import AbstractMetric
from nlot.methods.capabilities import CAPABILITIES
from nlot.reporting.drawing import draw
from nlot.reporting.figure_kinds import DRAWINGS, drawing
from nlot.reporting.figures import map_figure, training_figure
from nlot.reporting.panels import draw_background, draw_transport, square, transport
from nlot.reporting.style import save_figure
from nlot.training.streams import stream

from ..conftest import CIRCLE, METHODS, NLSB, SLAB, WALL
from .untrained import assert_inside, untrained

HISTORY = pd.DataFrame(
    {
        "phase": ["pretraining", "training", "training", "fit"],
        "step": [10, 20, 30, 40],
        "spline": [900.0, 5.0, 4.0, np.nan],
        "dual_gap": [np.nan, -1.0, 2.0, np.nan],
        "marginal": [np.nan, np.nan, np.nan, 0.5],
    }
)


@pytest.fixture
def experiment(raw):
    """Figures of paths of boxes and of circles, of methods in no particular order."""
    entry = {"kind": "paths", "problems": ["box", "circle"], "seed": 3, "paths": 7}
    problems = {
        "box": {**SLAB, "lagrangian": WALL},
        "circle": {**SLAB, "lagrangian": CIRCLE},
    }
    figures = {
        "one": {**entry, "methods": ["nlot"]},
        "two": {
            **entry,
            "problems": ["circle", "box"],
            "methods": ["nlot_plus", "nlot"],
        },
    }
    methods = {name: METHODS[name] for name in ("nlot", "nlot_plus", "nlsb")}
    return parse_config(
        {
            **raw,
            "problems": raw["problems"] | problems,
            "methods": methods,
            "figures": figures,
        }
    )


@pytest.fixture(scope="module")
def runs(wall, free, circle):
    problems = {"box": wall, "free": free, "circle": circle}
    return {
        (name, "nlot"): untrained(problem, (name, "nlot"))
        for name, problem in problems.items()
    }


@pytest.fixture
def paths_figure(runs, experiment):
    return draw("one", experiment, runs.values())


def inked(path) -> float:
    """The share of an image's pixels that are not white."""
    return float(np.mean(matplotlib.image.imread(path)[..., :3].min(axis=-1) < 1))


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


@pytest.mark.parametrize("kind", ["paths", "map", "training"])
def test_figures_are_written_in_both_formats(kind, runs, paths_figure, tmp_path):
    figure = {
        "paths": lambda: paths_figure,
        "map": lambda: map_figure(runs["box", "nlot"], 0),
        "training": lambda: training_figure(HISTORY, "NLOT, box, seed 0"),
    }[kind]()
    for suffix in ("png", "pdf"):
        save_figure(figure, tmp_path / f"figure.{suffix}")
    image = matplotlib.image.imread(tmp_path / "figure.png")
    width, height = figure.get_size_inches()
    assert image.shape[:2] == (round(150 * height), round(150 * width))
    assert 2 < width < 7.5, "as wide as a column or a page"
    assert inked(tmp_path / "figure.png") > 0.02
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_every_kind_is_described_and_drawn():
    kinds = get_args(FigureConfig.model_fields["kind"].annotation)
    assert set(kinds) == set(FIGURE_KINDS) == set(DRAWINGS)
    assert {kind.needs for kind in FIGURE_KINDS.values()} <= set(CAPABILITIES)


@pytest.mark.parametrize(
    "kind, fault", [("path", "did you mean 'paths'"), ("paths", "drawn already")]
)
def test_an_unknown_kind_or_one_that_is_drawn_is_not_registered(kind, fault):
    with pytest.raises(ValueError, match=fault):
        drawing(kind)


def test_the_same_figure_is_the_same_file(runs, experiment, tmp_path):
    for suffix in ("png", "pdf"):
        for name in ("a", "b"):
            figure = draw("one", experiment, runs.values())
            save_figure(figure, tmp_path / f"{name}.{suffix}")
        first, second = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_an_unknown_format_writes_nothing(tmp_path):
    with pytest.raises(ValueError, match=r"'\.bmp'; valid: \.pdf, \.png"):
        save_figure(Figure(), tmp_path / "figure.bmp")
    assert not any(tmp_path.iterdir())


def test_settings_of_the_caller_stay(paths_figure, tmp_path):
    with mpl.rc_context({"font.size": 31}):
        save_figure(paths_figure, tmp_path / "figure.png")
        training_figure(HISTORY, "")
        assert mpl.rcParams["font.size"] == 31


@pytest.fixture(scope="module")
def both(runs, wall, circle):
    """Runs of two methods on both problems."""
    more = [
        untrained(problem, (name, "nlot_plus"), "nlot_plus")
        for name, problem in (("box", wall), ("circle", circle))
    ]
    return [*more, *runs.values()]


def test_a_column_a_problem_and_a_row_a_method(both, experiment):
    """Both in the order of the figure's entry, whatever that of the runs."""
    found = panels(draw("two", experiment, both))
    assert [axes.get_title() for axes in found] == ["circle", "box", "", ""]
    assert [axes.get_ylabel() for axes in found] == ["NLOT+", "", "NLOT", ""]
    for above, below in zip(found[:2], found[2:], strict=True):
        assert above.get_xlim() == below.get_xlim()
        assert above.get_ylim() == below.get_ylim()


def test_variants_are_rows_of_their_own(wall, raw):
    entry = {"kind": "paths", "problems": ["box"], "methods": ["nlsb"]}
    raw["problems"]["box"] = {**SLAB, "lagrangian": WALL}
    raw["methods"]["nlsb"] = NLSB
    experiment = parse_config({**raw, "figures": {"any": entry}})
    run = untrained(wall, ("box", "nlsb"), "nlsb")
    found = panels(draw("any", experiment, [run]))
    labels = [axes.get_ylabel() for axes in found]
    assert labels == ["NLSB (stochastic)", "NLSB (expected)"]


@pytest.mark.parametrize("problems", [1, 2, 4])
@pytest.mark.parametrize("methods", [1, 2])
def test_all_of_a_figure_lies_inside_it(wall, raw, problems, methods, tmp_path):
    """Its legend, too, however few panels there are to be wide."""
    names = [f"problem{i}" for i in range(problems)]
    rows = ["nlot", "nlot_plus"][:methods]
    entry = {"kind": "paths", "problems": names, "methods": rows, "paths": 3}
    for name in names:
        raw["problems"][name] = {**SLAB, "lagrangian": WALL}
    raw["methods"]["nlot_plus"] = METHODS["nlot_plus"]
    experiment = parse_config({**raw, "figures": {"any": entry}})
    found = [untrained(wall, (name, row), row) for name in names for row in rows]
    assert_inside(draw("any", experiment, found), tmp_path)


@pytest.mark.parametrize("phases", [1, 5])
def test_all_of_training_curves_lies_inside_them(phases, tmp_path):
    """Of a single quantity that phases of long names log."""
    names = [f"a phase of a long name, {i}" for i in range(phases)]
    history = pd.DataFrame({"phase": names, "step": range(1, phases + 1), "loss": 1.0})
    assert_inside(training_figure(history, "a title"), tmp_path)


def test_a_missing_run_is_named(runs, experiment):
    with pytest.raises(KeyError, match="'circle', 'nlot_plus'"):
        draw("two", experiment, runs.values())


SPACE = {
    "source": {"kind": "uniform", "low": [-1.0, -1.0, 4.0], "high": [1.0, 1.0, 5.0]},
    "target": {"kind": "uniform", "low": [1.0, 1.0, 5.0], "high": [2.0, 2.0, 6.0]},
    "lagrangian": {
        "kind": "newtonian",
        "potential": {"kind": "hill", "strength": 0.05},
    },
}


@pytest.fixture(scope="module")
def in_space(make_problem):
    """An untrained run between boxes of three dimensions."""
    return untrained(make_problem(**SPACE), ("space", "nlot"))


@pytest.mark.parametrize(
    "names, said",
    [
        (["box"], ""),
        (["space"], "first two of 3 coordinates"),
        (["box", "space"], "space: first two of 3 coordinates"),
    ],
)
def test_a_figure_names_the_coordinates_that_are_seen(
    names, said, runs, in_space, raw, tmp_path
):
    """Of more than two; by problem, where others have fewer."""
    raw["problems"]["box"] = {**SLAB, "lagrangian": WALL}
    raw["problems"]["space"] = {"kind": "transport", **SPACE}
    entry = {"kind": "paths", "problems": names, "methods": ["nlot"], "paths": 3}
    experiment = parse_config({**raw, "figures": {"any": entry}})
    figure = draw("any", experiment, [in_space, runs["box", "nlot"]])
    assert figure.get_suptitle() == said
    for name, panel in zip(names, panels(figure), strict=True):
        method = ["NLOT"] if name == names[0] else []
        more = name == "space"
        assert panel.get_xlabel() == "coordinate 1" * more
        assert panel.get_ylabel() == "\n".join([*method, *["coordinate 2"] * more])
    assert_inside(figure, tmp_path)


def test_paths_lead_from_samples_to_their_images(runs):
    run, seed = runs["box", "nlot"], 3
    shown = transport(run, seed, 256, 5)
    assert shown.paths.shape[0] == 5
    np.testing.assert_allclose(shown.paths[:, 0], shown.source[:5], atol=1e-6)
    np.testing.assert_allclose(shown.paths[:, -1], shown.pushed[:5], atol=1e-6)
    np.testing.assert_allclose(
        shown.pushed, run.transport(shown.source), atol=1e-4, rtol=1e-4
    )


def test_samples_are_of_the_figures_own_stream(runs):
    run = runs["box", "nlot"]
    shown = transport(run, 0, 256, 5)
    source, _ = jax.random.split(stream(0, "figures"))
    expected = np.asarray(run.problem.source.sample(source, 256))
    np.testing.assert_allclose(shown.source, expected, atol=1e-6)
    other = transport(run, 1, 256, 5)
    assert not np.allclose(shown.source, other.source)


def test_limits_hold_all_points_in_a_square():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 2)) * [3, 1], rng.normal(size=(4, 5, 2)) + 7
    (left, right), (low, high) = square(*points)
    assert right - left == pytest.approx(high - low)
    for part in points:
        assert np.all((part > [left, low]) & (part < [right, high]))


@pytest.mark.parametrize("problem, drawn", [("box", 1), ("circle", 1), ("free", 0)])
def test_background_shows_the_lagrangian(runs, problem, drawn):
    axes = Figure().subplots()
    draw_background(axes, runs[problem, "nlot"].problem, ((-1.0, 1.0), (-1.0, 1.0)))
    assert len(axes.collections) == drawn


def test_eigenvectors_of_the_circle_metric_are_tangents(runs):
    axes = Figure().subplots()
    draw_background(axes, runs["circle", "nlot"].problem, ((0.1, 2.0), (-1.0, 1.0)))
    (lines,) = axes.collections
    ends = np.stack(lines.get_segments())
    centres, directions = ends.mean(axis=1), np.diff(ends, axis=1)[:, 0]
    radial = np.sum(centres * directions, axis=1)
    np.testing.assert_allclose(radial, 0, atol=1e-5)
    lengths = np.linalg.norm(directions, axis=1)
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-5)


def test_paths_are_coloured_by_time(runs):
    lines = draw_transport(
        Figure().subplots(), transport(runs["box", "nlot"], 0, 256, 4)
    )
    times = lines.get_array().reshape(4, -1)
    assert np.all(np.diff(times) > 0)
    assert lines.get_clim() == (0, 1)
    assert np.all((times > 0) & (times < 1))


@pytest.mark.parametrize(
    "kind, names",
    [("nlot", ["NLOT", "NLOT, network map"]), ("nlot_plus", ["NLOT+"])],
)
def test_every_variant_has_a_row(wall, kind, names):
    figure = map_figure(untrained(wall, ("box", "mine"), kind), 0)
    assert [axes.get_title("left") for axes in figure.axes[::2]] == names
    for left, right in zip(figure.axes[::2], figure.axes[1::2], strict=True):
        assert left.get_ylim() == right.get_ylim()
        images, graph = left.collections[1], right.collections[0]
        np.testing.assert_array_equal(
            images.get_offsets()[:, 1], graph.get_offsets()[:, 1]
        )
        np.testing.assert_array_equal(images.get_array(), graph.get_offsets()[:, 0])


def test_maps_of_space_are_seen_in_two_coordinates(in_space):
    figure = map_figure(in_space, 0)
    assert figure.axes[0].collections[0].get_offsets().shape[1] == 2
    assert figure.get_suptitle().endswith("\nfirst two of 3 coordinates")


class Stretch(AbstractMetric):
    def __call__(self, x):
        return jnp.diag(jnp.arange(1.0, len(x) + 1))


def test_metrics_are_drawn_in_the_plane_alone(free, in_space):
    for problem, drawn in (free, 1), (in_space.problem, 0):
        axes = Figure().subplots()
        along = replace(problem, lagrangian=Riemannian(Stretch()))
        draw_background(axes, along, ((-1.0, 1.0), (-1.0, 1.0)))
        assert len(axes.collections) == drawn


class Hill:
    """A surface that rises with the first coordinate, and nothing else."""

    def elevation(self, x):
        return 3 * x[0] + 0 * x[1]


def test_surfaces_are_shaded_by_their_heights():
    """The darker, the higher."""
    axes, lagrangian = Figure().subplots(), SimpleNamespace(potential=Hill())
    problem = SimpleNamespace(lagrangian=lagrangian, dimension=3)
    draw_background(axes, problem, ((-1.0, 2.0), (-1.0, 1.0)))
    (shading,) = axes.collections
    assert (shading.zmin, shading.zmax) == (-3.0, 6.0)
    assert np.mean(shading.cmap(1.0)[:3]) < np.mean(shading.cmap(0.0)[:3])


@pytest.fixture(scope="module")
def on_a_line(make_problem):
    """An untrained run from a box to a Gaussian, both of one dimension."""
    problem = make_problem(
        source={"kind": "uniform", "low": [-1.0], "high": [1.0]},
        target={"kind": "gaussian", "mean": [0.5], "covariance": [[0.25]]},
        lagrangian={"kind": "newtonian"},
    )
    return untrained(problem, ("line", "nlot"))


def test_map_of_the_line_is_drawn_as_a_curve(on_a_line):
    """A panel a variant: its graph, on that of the optimal map."""
    figure, p = map_figure(on_a_line, 0), on_a_line.problem
    truth = closed_form(p.source, p.target, p.lagrangian, p.horizon)
    for axes, variant in zip(figure.axes, on_a_line.variants, strict=True):
        x, y = np.asarray(axes.collections[0].get_offsets()).T
        np.testing.assert_allclose(y, variant.transport(x[:, None])[:, 0], atol=1e-5)
        line = np.asarray(axes.lines[0].get_xydata())
        np.testing.assert_allclose(line[:, 1:], truth.map(line[:, :1]), atol=1e-6)


def test_training_curves_show_what_each_phase_logged():
    figure = training_figure(HISTORY, "a title")
    shown = {axes.get_title(): axes for axes in figure.axes}
    assert list(shown) == ["spline", "dual gap", "marginal"]
    assert shown["spline"].get_yscale() == "log"
    assert shown["dual gap"].get_yscale() == "linear"
    for title, axes in shown.items():
        column = HISTORY.set_index("step")[title.replace(" ", "_")].dropna()
        drawn = [line.get_xydata() for line in axes.lines]
        np.testing.assert_array_equal(
            np.concatenate(drawn), np.stack([column.index, column], axis=1)
        )
    (legend,) = figure.legends
    phases = [text.get_text() for text in legend.get_texts()]
    assert phases == ["pretraining", "training", "fit"]
