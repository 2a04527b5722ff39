"""Figures of maps that should meet known pairs."""

import equinox as eqx
import numpy as np

from nlot.config import parse_config
from nlot.reporting.drawing import draw

from ..conftest import METHODS, STRIPS, settings
from .untrained import untrained


def test_displacements_start_at_samples_and_known_ones_end_at_partners(strips):
    """One panel per row; the true cost of these pairs is not known, so its is empty."""
    raw = settings()
    raw["problems"] = {"strips": STRIPS}
    raw["methods"] = {"monge_cost": METHODS["monge_cost"]}
    del raw["tables"]
    controls = ["affine", "true_cost"]
    about = {"kind": "pairs", "problems": ["strips"], "methods": ["monge_cost"]}
    raw["figures"] = {"any": {**about, "controls": controls}}
    run = untrained(strips, ("strips", "monge_cost"), "monge_cost")
    samples = map(strips.frame.inward, (strips.source, strips.target))
    run.networks = eqx.tree_at(lambda n: (n.x, n.y), run.networks, tuple(samples))
    figure = draw("any", parse_config(raw), [run], data={"strips": strips})
    learned, affine, empty = figure.axes
    assert not empty.axison
    for panel in (learned, affine):
        moved, known = (c.get_segments() for c in panel.collections[:2])
        starts = np.array([line[0] for line in moved])
        np.testing.assert_allclose(starts, strips.source)
        rows, columns = strips.pairs.T
        ends = np.array([line[1] for line in known])
        np.testing.assert_allclose(ends, strips.target[columns])
        assert len(known) == len(rows)
