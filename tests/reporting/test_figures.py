import jax
import matplotlib as mpl
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nlot.costs.closed_forms import closed_form
from nlot.networks.amortised import build_networks
from nlot.reporting.figures import map_figure, training_figure, transport_figure
from nlot.reporting.panels import draw_background, draw_transport, square, transport
from nlot.reporting.style import save_figure
from nlot.runs.transport import Run
from nlot.training.streams import stream

HISTORY = pd.DataFrame(
    {
        "phase": ["pretraining", "training", "training", "fit"],
        "step": [10, 20, 30, 40],
        "spline": [900.0, 5.0, 4.0, np.nan],
        "dual_gap": [np.nan, -1.0, 2.0, np.nan],
        "marginal": [np.nan, np.nan, np.nan, 0.5],
    }
)


@pytest.fixture(scope="module")
def runs(untrained):
    names = ("box", "free", "circle")
    return {(name, "nlot"): untrained(name) for name in names}


@pytest.fixture
def paths_figure(runs, config):
    return transport_figure(runs, config.figure1)


def inked(path) -> float:
    """The share of an image's pixels that are not white."""
    return float(np.mean(matplotlib.image.imread(path)[..., :3].min(axis=-1) < 1))


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


@pytest.mark.parametrize("kind", ["paths", "map", "training"])
def test_figures_are_written_in_both_formats(
    kind, runs, paths_figure, config, tmp_path
):
    figure = {
        "paths": lambda: paths_figure,
        "map": lambda: map_figure(runs["box", "nlot"], 0),
        "training": lambda: training_figure(HISTORY, "NLOT, box, seed 0"),
    }[kind]()
    for suffix in ("png", "pdf"):
        save_figure(figure, tmp_path / f"figure.{suffix}")
    image = matplotlib.image.imread(tmp_path / "figure.png")
    width, height = figure.get_size_inches()
    assert image.shape[:2] == (round(300 * height), round(300 * width))
    assert 2 < width < 7.5, "as wide as a column or a page"
    assert inked(tmp_path / "figure.png") > 0.02
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_figure_is_the_same_file(runs, config, tmp_path):
    for suffix in ("png", "pdf"):
        for name in ("a", "b"):
            figure = transport_figure(runs, config.figure1)
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


def test_a_column_a_task_and_a_row_a_method(runs, config):
    """Tasks in the section's order; rows, which may be variants, in that of `runs`."""
    both = {**{(t, "nlot_plus"): run for (t, _), run in runs.items()}, **runs}
    section = config.figure1.model_copy(update={"tasks": ("circle", "box")})
    found = panels(transport_figure(both, section))
    assert [axes.get_title() for axes in found] == ["circle", "box", "", ""]
    assert [axes.get_ylabel() for axes in found] == ["NLOT+", "", "NLOT", ""]
    for above, below in zip(found[:2], found[2:], strict=True):
        assert above.get_xlim() == below.get_xlim()
        assert above.get_ylim() == below.get_ylim()


def test_a_missing_run_is_named(runs, config):
    some = {**runs, ("box", "nlot_plus"): runs["box", "nlot"]}
    with pytest.raises(KeyError, match="'circle', 'nlot_plus'"):
        transport_figure(some, config.figure1)


def test_paths_lead_from_samples_to_their_images(runs, config):
    run, seed = runs["box", "nlot"], config.figure1.seed
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
    expected = np.asarray(run.task.source.sample(source, 256))
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


@pytest.mark.parametrize("task, drawn", [("box", 1), ("circle", 1), ("free", 0)])
def test_background_shows_the_lagrangian(runs, task, drawn):
    axes = Figure().subplots()
    draw_background(axes, runs[task, "nlot"].task, ((-1.0, 1.0), (-1.0, 1.0)))
    assert len(axes.collections) == drawn


def test_eigenvectors_of_the_circle_metric_are_tangents(runs):
    axes = Figure().subplots()
    draw_background(axes, runs["circle", "nlot"].task, ((0.1, 2.0), (-1.0, 1.0)))
    (arrows,) = axes.collections
    radial = arrows.X * arrows.U + arrows.Y * arrows.V
    np.testing.assert_allclose(radial, 0, atol=1e-5)
    np.testing.assert_allclose(np.hypot(arrows.U, arrows.V), 1, rtol=1e-5)


def test_paths_are_coloured_by_time(runs):
    lines = draw_transport(
        Figure().subplots(), transport(runs["box", "nlot"], 0, 256, 4)
    )
    times = lines.get_array().reshape(4, -1)
    assert np.all(np.diff(times) > 0)
    assert lines.get_clim() == (0, 1)
    assert np.all((times > 0) & (times < 1))


def test_refined_and_network_map_have_a_row_each(untrained):
    run = untrained("box")

    class Unrefined(Run):
        refines = False

    other = Unrefined(run.task, run.config, run.networks, run.header)
    for subject, names in (run, ["refined map", "network map"]), (other, ["map"]):
        figure = map_figure(subject, 0)
        assert [axes.get_title("left") for axes in figure.axes[::2]] == names
        for left, right in zip(figure.axes[::2], figure.axes[1::2], strict=True):
            assert left.get_ylim() == right.get_ylim()
            images, graph = left.collections[1], right.collections[0]
            np.testing.assert_array_equal(
                images.get_offsets()[:, 1], graph.get_offsets()[:, 1]
            )
            np.testing.assert_array_equal(images.get_array(), graph.get_offsets()[:, 0])


@pytest.fixture(scope="module")
def on_a_line(make_task, make_method):
    """An untrained run from a box to a Gaussian, both of one dimension."""
    task = make_task(
        source={"kind": "uniform", "low": [-1.0], "high": [1.0]},
        target={"kind": "gaussian", "mean": [0.5], "covariance": [[0.25]]},
        lagrangian={"kind": "newtonian"},
    )
    method = make_method()
    networks = build_networks(1, task.bounds, method, key=jax.random.key(0))
    return Run(task, method, networks, {"task": "line", "method": "nlot"})


def test_map_of_the_line_is_drawn_as_a_curve(on_a_line):
    """A panel a map: its graph, on that of the optimal map."""
    figure = map_figure(on_a_line, 0)
    names = [axes.get_title(loc="left") for axes in figure.axes]
    assert names == ["refined map", "network map"]
    for axes, send in zip(
        figure.axes, (on_a_line.transport, on_a_line.network_map), strict=True
    ):
        x, y = np.asarray(axes.collections[0].get_offsets()).T
        np.testing.assert_allclose(y, send(x[:, None])[:, 0], atol=1e-5)
        line = np.asarray(axes.lines[0].get_xydata())
        truth = closed_form(on_a_line.task).map(line[:, :1])
        np.testing.assert_allclose(line[:, 1:], truth, atol=1e-6)


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
