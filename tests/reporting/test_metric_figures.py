import matplotlib.image
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from nlot.config import GridConfig, parse_config
from nlot.costs.metrics import CircleMetric
from nlot.evaluation.alignment import matrices, smallest
from nlot.problems.sequence import Sequence
from nlot.reporting.drawing import draw
from nlot.reporting.metric_panels import (
    box,
    draw_data,
    draw_journey,
    frame,
    journey,
)
from nlot.reporting.panels import draw_directions
from nlot.reporting.style import AGE, FIELD, LEARNED, save_figure

from .untrained import assert_inside, untrained

BOX = box(GridConfig(low=(-2.0, 0.0), high=(2.0, 1.0)), [])
KINDS = ["directions", "journeys"]
METHODS = ["metric_nlot_plus", "metric_nlot"]
TRUE = "true eigenvectors"


@pytest.fixture
def config(raw_sequences):
    """Makes an experiment with a figure "any", of `crossing` and `given`."""

    def make(kind, **changes):
        entry = {"problems": ["crossing", "given"], "methods": METHODS, **changes}
        raw = raw_sequences | {"figures": {"any": {"kind": kind, **entry}}}
        return parse_config(raw)

    return make


@pytest.fixture(scope="module")
def sequences(translations):
    """Samples of two sequences, of which the second has fewer and fewer points."""
    points = np.random.default_rng(3).normal(size=(20, 2))
    given = Sequence.of([points[: 20 - 4 * k] + np.array([3 * k, 0]) for k in range(3)])
    return {"crossing": translations.sequence, "given": given}


@pytest.fixture(scope="module")
def runs(sequences):
    return {
        (name, method): untrained(sequence, (name, method), method, seed)
        for name, sequence in sequences.items()
        for seed, method in enumerate(METHODS)
    }


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def artist(axes, label):
    (found,) = (part for part in axes.collections if part.get_label() == label)
    return found


def segments(lines):
    return np.array(lines.get_segments())


def paths(axes):
    """The one collection of lines that are coloured by time."""
    (found,) = (
        part
        for part in axes.collections
        if isinstance(part, LineCollection) and part.get_array() is not None
    )
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_written_in_both_formats(kind, runs, sequences, config, tmp_path):
    for suffix in ("png", "pdf"):
        for name in ("a", "b"):
            figure = draw("any", config(kind), runs.values(), data=sequences)
            save_figure(figure, tmp_path / f"{name}.{suffix}")
        first, second = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    image = matplotlib.image.imread(tmp_path / "a.png")
    assert np.mean(image[..., :3].min(axis=-1) < 1) > 0.02
    assert 2 < figure.get_size_inches()[0] < 7.5, "as wide as a column or a page"


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_a_sequence_and_a_row_a_method(kind, runs, sequences, config):
    experiment = config(kind)
    found = panels(draw("any", experiment, runs.values(), data=sequences))
    assert [axes.get_title() for axes in found] == ["crossing", "given", "", ""]
    labels = [axes.get_ylabel() for axes in found]
    assert labels == ["Metric NLOT+", "", "Metric NLOT", ""]
    for column, name in enumerate(["crossing", "given"]):
        points = sequences[name].measures
        limits = frame(
            [np.array(box(experiment.problems[name].grid, points)).T, *points]
        )
        for axes in found[column::2]:
            assert (axes.get_xlim(), axes.get_ylim()) == limits
            assert axes.get_aspect() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_run_is_named(kind, runs, sequences, config):
    some = [run for key, run in runs.items() if key != ("given", "metric_nlot")]
    with pytest.raises(KeyError, match="'given', 'metric_nlot'"):
        draw("any", config(kind), some, data=sequences)


@pytest.mark.parametrize("kind", KINDS)
def test_panels_fill_the_figure_without_overlap(kind, runs, sequences, config):
    for names in ("crossing", "given"), ("crossing",):
        experiment = config(kind, problems=names)
        figure = draw("any", experiment, runs.values(), data=sequences)
        figure.draw_without_rendering()
        boxes = [axes.get_tightbbox() for axes in figure.axes]
        boxes.append(figure.legends[0].get_window_extent())
        for i, found in enumerate(boxes):
            assert figure.bbox.padded(1).containsx(found.x0)
            assert figure.bbox.padded(1).containsx(found.x1)
            assert not any(found.overlaps(other) for other in boxes[:i])


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_known_truth_is_drawn_and_named(kind, runs, sequences, config):
    for name, known in ("crossing", True), ("given", False):
        experiment = config(kind, problems=[name])
        figure = draw("any", experiment, runs.values(), data=sequences)
        labels = [text.get_text() for text in figure.legends[0].get_texts()]
        assert (TRUE in labels) == known
        assert len(labels) == len(set(labels))
        for axes in panels(figure):
            drawn = [part.get_label() for part in axes.collections]
            assert drawn.count(TRUE) == known
            if known:
                np.testing.assert_array_equal(
                    artist(axes, TRUE).get_color()[0], to_rgba(FIELD)
                )


def test_without_a_grid_directions_stand_where_the_data_are(
    runs, sequences, raw_sequences
):
    raw_sequences["problems"]["given"]["grid"] = None
    entry = {"kind": "directions", "problems": ["given"], "methods": METHODS}
    experiment = parse_config(raw_sequences | {"figures": {"any": entry}})
    points = np.concatenate(sequences["given"].measures)
    for axes in panels(draw("any", experiment, runs.values(), data=sequences)):
        centres = segments(artist(axes, "learned eigenvectors")).mean(axis=1)
        assert np.all((centres > points.min(0)) & (centres < points.max(0)))
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert np.all((points > [left, bottom]) & (points < [right, top]))


@pytest.fixture(scope="module")
def in_space():
    """Samples of three coordinates, of which the last is far from all others."""
    points = np.random.default_rng(3).normal(size=(12, 3)) + np.array([0, 0, 50])
    return Sequence.of([points, points + np.arange(3)])


def test_journeys_through_space_are_seen_in_two_coordinates(in_space):
    run = untrained(in_space, ("space", "metric_nlot_plus"), "metric_nlot_plus")
    x = in_space.measures[0]
    shown = journey(run, x, in_space.times)
    np.testing.assert_allclose(shown.stops[0], x[:, :2], rtol=1e-5)
    np.testing.assert_allclose(shown.stops, run.carry(x)[..., :2], rtol=1e-5)
    (left, right), (bottom, top) = frame(in_space.measures)
    for part in in_space.measures:
        assert np.all((part[:, :2] > [left, bottom]) & (part[:, :2] < [right, top]))
    assert max(right, top) < 10


def test_a_figure_names_the_coordinates_that_are_seen(
    in_space, raw_sequences, tmp_path
):
    raw_sequences["problems"]["given"]["grid"] = None
    kind = METHODS[0]
    entry = {"kind": "journeys", "problems": ["given"], "methods": [kind]}
    experiment = parse_config(raw_sequences | {"figures": {"any": entry}})
    run = untrained(in_space, ("given", kind), kind)
    figure = draw("any", experiment, [run], data={"given": in_space})
    (panel,) = panels(figure)
    assert panel.get_xlabel() == "coordinate 1"
    assert panel.get_ylabel() == "Metric NLOT+\ncoordinate 2"
    assert figure.get_suptitle() == "first two of 3 coordinates"
    assert_inside(figure, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [["crossing"], ["given"], ["crossing", "given"]])
def test_all_of_a_figure_lies_inside_it(kind, names, runs, sequences, config, tmp_path):
    experiment = config(kind, problems=names)
    assert_inside(draw("any", experiment, runs.values(), data=sequences), tmp_path)


def test_what_is_carried_without_paths_moves_straight():
    class Shift:
        def carry(self, x):
            return np.stack([x, x + 1.0, x + np.array([3.0, 0.0])])

    x = np.random.default_rng(0).normal(size=(5, 2))
    shown = journey(Shift(), x, (5.0, 6.0, 9.0))
    middle = np.interp(shown.times, [0, 0.25, 1], [0, 1, 3])
    np.testing.assert_allclose(shown.paths[:, :, 0], x[:, :1] + middle, rtol=1e-6)


def test_true_directions_are_the_diagonals_of_each_quadrant(runs, sequences, config):
    figure = draw("any", config("directions"), runs.values(), data=sequences)
    axes, *_ = panels(figure)
    drawn = segments(artist(axes, TRUE))
    x, y = drawn.mean(axis=1).T
    dx, dy = np.diff(drawn, axis=1)[:, 0].T
    np.testing.assert_allclose(np.abs(dx), np.abs(dy), rtol=1e-3)
    np.testing.assert_array_equal(np.sign(dx * dy), np.sign(x * y))


@pytest.mark.parametrize("name", ["crossing", "given"])
def test_learned_directions_are_those_of_the_run(name, runs, sequences, config):
    experiment = config("directions", problems=[name])
    figure = draw("any", experiment, runs.values(), data=sequences)
    for method, axes in zip(METHODS, panels(figure), strict=True):
        lines = artist(axes, "learned eigenvectors")
        drawn = segments(lines)
        cheap = smallest(np.asarray(runs[name, method].metric(drawn.mean(axis=1))))
        along = np.diff(drawn, axis=1)[:, 0]
        lengths = np.linalg.norm(along, axis=1)
        np.testing.assert_allclose(lengths, lengths[0], rtol=1e-4)
        cosines = np.sum(along * cheap, axis=1) / lengths
        np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-4)
        np.testing.assert_array_equal(lines.get_color()[0], to_rgba(LEARNED))


def test_directions_stand_on_a_square_lattice_within_the_grid():
    metric = CircleMetric.Config(kind="circle").build()
    drawn = segments(
        draw_directions(
            Figure().subplots(), lambda x: matrices(metric, x), BOX, color=FIELD
        )
    )
    centres = drawn.mean(axis=1)
    assert len(centres) == 16 * 4
    assert np.all((drawn > [-2.1, -0.1]) & (drawn < [2.1, 1.1]))
    for axis, sites in enumerate(([-2, 2], [0, 1])):
        steps = np.diff(np.unique(centres[:, axis].round(6)))
        np.testing.assert_allclose(steps, 0.25, atol=1e-5)
        assert centres[:, axis].mean() == pytest.approx(np.mean(sites))
    along = np.diff(drawn, axis=1)[:, 0]
    np.testing.assert_allclose(np.sum(along * centres, axis=1), 0, atol=1e-5)
    assert np.linalg.norm(along, axis=1).max() < 0.25, "neighbours do not touch"


def test_data_of_all_times_are_drawn_once(sequences):
    dots = draw_data(Figure().subplots(), sequences["given"])
    points = np.concatenate(sequences["given"].measures)
    np.testing.assert_allclose(dots.get_offsets(), points, rtol=1e-6)
    assert dots.get_clim() == (0, 1)
    counts = {0.0: 20, 0.5: 16, 1.0: 12}
    times, found = np.unique(np.asarray(dots.get_array()), return_counts=True)
    assert dict(zip(times.tolist(), found.tolist(), strict=True)) == counts


def test_later_is_lighter():
    colours = np.array([AGE(t)[:3] for t in np.linspace(0, 1, 20)])
    assert np.all(np.diff(colours @ [0.2126, 0.7152, 0.0722]) > 0)


def test_journeys_follow_maps_along_paths(runs, sequences):
    run, x = runs["given", "metric_nlot"], sequences["given"].measures[0]
    shown = journey(run, x, run.times)
    stops = np.asarray(run.carry(x))
    np.testing.assert_allclose(shown.stops, stops, rtol=1e-5)
    np.testing.assert_allclose(shown.times[[0, -1]], [0, 1])
    assert np.all(np.diff(shown.times) >= 0)
    for pair in range(run.pairs):
        fractions = shown.times * run.pairs - pair
        leg = np.flatnonzero((fractions > 1e-6) & (fractions < 1 - 1e-6))
        expected = run.path(stops[pair], stops[pair + 1], fractions[leg])
        np.testing.assert_allclose(shown.paths[:, leg], expected, rtol=1e-4, atol=1e-4)
    for k, stop in enumerate(stops):
        at = np.isclose(shown.times, k / run.pairs)
        assert at.any()
        np.testing.assert_allclose(
            shown.paths[:, at], stop[:, None].repeat(at.sum(), 1), atol=1e-5
        )


def test_paths_are_coloured_by_time(runs, sequences):
    x = sequences["given"].measures[0]
    shown = journey(runs["given", "metric_nlot"], x, sequences["given"].times)
    lines = draw_journey(Figure().subplots(), shown)
    times = np.asarray(lines.get_array()).reshape(len(x), -1)
    assert np.all(np.diff(times) >= 0)
    assert np.all((times >= 0) & (times <= 1))
    assert lines.get_clim() == (0, 1)
    drawn = segments(lines).reshape(len(x), -1, 2, 2)
    np.testing.assert_allclose(drawn[:, :, 0], shown.paths[:, :-1], rtol=1e-6)
    np.testing.assert_allclose(drawn[:, :, 1], shown.paths[:, 1:], rtol=1e-6)


def test_panels_show_the_samples_and_where_they_are_carried(runs, sequences, config):
    figure = draw("any", config("journeys"), runs.values(), data=sequences)
    keys = [(name, method) for method in METHODS for name in ("crossing", "given")]
    for key, axes in zip(keys, panels(figure), strict=True):
        first = sequences[key[0]].measures[0]
        marked = artist(axes, "first samples")
        assert isinstance(marked, PathCollection)
        np.testing.assert_allclose(marked.get_offsets(), first, rtol=1e-6)
        drawn = segments(paths(axes)).reshape(len(first), -1, 2, 2)
        last = np.asarray(runs[key].carry(first))[-1]
        np.testing.assert_allclose(drawn[:, 0, 0], first, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(drawn[:, -1, 1], last, rtol=1e-5, atol=1e-5)


def test_a_frame_holds_the_grid_and_all_points():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 2)) * [1, 3], rng.normal(size=(20, 2)) + 7
    (left, right), (low, high) = frame([np.array(BOX).T, *points])
    for part in (*points, np.stack(BOX)):
        assert np.all((part > [left, low]) & (part < [right, high]))
    assert frame([np.array(BOX).T])[0] == pytest.approx((-2.12, 2.12))
    assert frame([np.array(BOX).T])[1] == pytest.approx((-0.12, 1.12))
