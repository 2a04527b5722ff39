"""Runs as they are before training, which draw as well as trained ones, and a check."""

from typing import Any

import jax

from nlot.config import merge, settings_class, target
from nlot.reporting.style import save_figure

from ..conftest import METHODS


def untrained(
    problem: Any, names: tuple[str, str], kind: str = "nlot", seed: int = 0, **changes
) -> Any:
    """The run of a kind of method on a problem, under the `names` of both."""
    module, given = target("method", kind), merge(METHODS[kind], changes)
    config = settings_class("method", kind).model_validate(given)
    networks = module.build(problem, config, key=jax.random.key(seed))
    header = dict(zip(("problem", "method"), names, strict=True))
    made = {"seed": seed, "minutes": 0.5, "device": "cpu"}
    return module.open(problem, config, networks, {**header, "provenance": made})


def assert_inside(figure: Any, folder: Any) -> None:
    """Check that a figure, as it is saved, holds its panels, their labels and legend.

    To a pixel of the screen's images: text is not as wide at other resolutions.
    """
    save_figure(figure, folder / "figure.png")
    ((left, bottom), (right, top)), pixel = figure.bbox.get_points(), figure.dpi / 150
    assert figure.legends
    for part in (*figure.legends, *figure.axes, *figure.texts):
        box = part.get_tightbbox()
        assert box.x0 >= left - pixel, part
        assert box.x1 <= right + pixel, part
        assert box.y0 >= bottom - pixel, part
        assert box.y1 <= top + pixel, part
