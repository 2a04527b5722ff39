"""Figures of predictions: which points they show, and what they refuse."""

import numpy as np
import pytest

from nlot.config import parse_config
from nlot.evaluation import CONTROLS
from nlot.problems.sequence import Particles
from nlot.reporting.drawing import draw

from ..conftest import METHODS, settings
from .untrained import assert_inside, untrained

ABOUT = {"kind": "predictions", "problems": ["moving"], "methods": ["legs"]}
TIMES = [0.0, 1.0, 2.0, 4.0]


def preset(**changes):
    raw = settings()
    data = {"kind": "samples", "path": "given.npz", "times": TIMES}
    problem = {"kind": "sequence", "data": data, "held_out_times": [1.0, 2.0]}
    raw["problems"] = {"moving": problem | changes}
    raw["methods"] = {"legs": METHODS["legs"]}
    del raw["tables"]
    raw["figures"] = {"any": {**ABOUT, "controls": ["ot_midpoint"]}}
    return raw


@pytest.fixture(scope="module")
def particles(translations):
    """The samples of four times, of which two are held out."""
    first, last = translations.sequence.measures[0], translations.sequence.measures[-1]
    whole = translations.sequence.of([first, first + 1, first + 2, last + 9], (*TIMES,))
    unseen = dict(zip(TIMES[1:3], whole.measures[1:3], strict=True))
    return Particles(whole.without(TIMES[1:3]), None, unseen)


def test_as_many_predicted_points_as_samples(particles, tmp_path):
    """Below each other, a method and a control, over the samples of both times."""
    run = untrained(particles.sequence, ("moving", "legs"), "legs")
    experiment = parse_config(preset())
    figure = draw("any", experiment, [run], data={"moving": particles})
    samples = np.concatenate([*particles.unseen.values()])
    for panel in figure.axes:
        held_out, predicted = (np.asarray(c.get_offsets()) for c in panel.collections)
        np.testing.assert_allclose(held_out, samples)
        assert predicted.shape == held_out.shape
        (low, high), (bottom, top) = panel.get_xlim(), panel.get_ylim()
        assert (samples.min(0) > [low, bottom]).all()
        assert (samples.max(0) < [high, top]).all()
    made = CONTROLS["ot_midpoint"].make(experiment.problems["moving"], particles, 0)
    midpoint = made.compared(1.0).points
    distances = np.abs(predicted[: len(midpoint), None] - midpoint).max(-1)
    np.testing.assert_allclose(distances.min(1), 0, atol=1e-5)
    assert_inside(figure, tmp_path)


def test_problems_have_held_out_times():
    with pytest.raises(ValueError, match="'moving' has no held-out times, which pred"):
        parse_config(preset(held_out_times=[]))


def test_presets_without_figures_show_predictions():
    """Of problems with held-out times."""
    for held_out, kinds in (([], {"journeys"}), ([1.0], {"journeys", "predictions"})):
        raw = preset(held_out_times=held_out)
        del raw["figures"]
        figures = parse_config(raw).figures
        assert {figure.kind for figure in figures.values()} == kinds
