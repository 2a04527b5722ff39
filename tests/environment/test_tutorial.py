"""The code on pages runs as it stands, and what they say of its results holds."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

import nlot
from nlot.costs.images import read_image
from nlot.reporting.images import PAGES, run_page

from .declared import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def as_users(unchecked) -> Iterator[None]:
    """Outside of tests nothing checks types, and whole numbers are numbers."""
    yield
    plt.close("all")


def run(page: str, folder: Path) -> dict:
    names = run_page(DOCS / f"{page}.md", folder)
    assert (folder / f"{page}.png").is_file()
    return names


def test_every_page_shows_the_image_that_it_draws() -> None:
    for page in PAGES:
        text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
        assert f"(images/{page}.png)" in text
        assert f'savefig("{page}.png"' in text


@pytest.mark.slow
def test_own_samples(tmp_path, monkeypatch) -> None:
    made = run("own-samples", tmp_path)
    x, y, paths, back = (made[name] for name in ("x", "y", "paths", "back"))
    np.testing.assert_allclose(paths[:, 0], x, atol=1e-3)
    np.testing.assert_allclose(paths[:, -1], y, atol=1e-3)
    # Straight paths are best: halfway they are in the middle, and cost |y - x|²/2.
    straight = ((y - x) ** 2).sum(axis=1) / 2
    np.testing.assert_allclose(made["cost"], straight, rtol=1e-2)
    np.testing.assert_allclose(made["again"].transport(x), y)
    # Of points 25 and 40 wide.
    assert np.median(np.linalg.norm(back.x - x, axis=1)) < 0.1
    assert np.median(back.error) < 0.1
    marginal = made["run"].diagnostics.marginal
    assert abs(marginal.value) < 2 + 2 * marginal.error

    monkeypatch.chdir(tmp_path)
    experiment = nlot.load_config("arc.yaml")
    assert experiment.method("nlot_plus", "arc") == made["run"].config
    loaded = experiment.problems["arc"].load()
    np.testing.assert_array_equal(
        loaded.source.points, made["run"].problem.source.points
    )


@pytest.mark.slow
def test_own_obstacle(tmp_path) -> None:
    made = run("own-obstacle", tmp_path)
    darkness = read_image(tmp_path / "lake.png")
    lake = nlot.Image(darkness, (0.0, 0.0), (3.0, 2.0))
    assert jax.vmap(jax.vmap(lake.contains))(made["paths"]).mean() < 0.02
    assert made["inside"].mean() > 0.15
    assert (made["detour"] < made["across"]).all()
    x = made["x"]
    images = made["run"].transport(x)
    np.testing.assert_allclose(made["again"].transport(x), images)
    # The way round the hill is longer than the straight one.
    assert made["run"].cost(x, images).mean() > 1.05 * half_squares(x, images)


def half_squares(x, y) -> float:
    return float(((y - x) ** 2).sum(axis=1).mean() / 2)


@pytest.mark.slow
def test_own_metric(tmp_path) -> None:
    made = run("own-metric", tmp_path)
    x, times = made["x"], made["times"]
    halfway = {
        name: np.asarray(run.path(x, times))[:, len(times) // 2]
        for name, run in made["runs"].items()
    }
    # Straight lines are 0.12 away from the middle halfway, on average.
    away = {name: np.linalg.norm(p, axis=1) for name, p in halfway.items()}
    assert away["mud"].mean() > 0.3
    np.testing.assert_allclose(away["circles"].mean(), 1.0, atol=0.2)
    assert halfway["wind"][:, 1].mean() > 0.2
    images = {name: run.transport(x) for name, run in made["runs"].items()}
    cost = {
        name: run.cost(x, images[name]).mean() for name, run in made["runs"].items()
    }
    # The straight line costs as much in the wind, which cancels on average, and along
    # the radius all but this.
    assert cost["wind"] < 0.9 * half_squares(x, images["wind"])
    assert cost["circles"] < 0.5 * half_squares(x, images["circles"])
    assert cost["mud"] > half_squares(x, images["mud"])


@pytest.mark.slow
def test_density(tmp_path) -> None:
    """Halfway, paths are as far from the centre as least paths: 0.87 between the means.

    Straight lines come as near as 0.71.
    """
    made = run_page(DOCS / "density.md", tmp_path)
    paths = np.asarray(made["paths"])
    halfway = np.linalg.norm(paths[:, paths.shape[1] // 2], axis=1)
    np.testing.assert_allclose(halfway.mean(), 0.87, atol=0.05)
    x = made["points"][:20].astype(np.float32)
    one, other = (jax.vmap(flow)(x) for flow in (made["flow"], made["again"]))
    np.testing.assert_array_equal(one, other)
    assert np.isfinite(jax.vmap(made["kernels"])(x)).all()


@pytest.mark.slow
def test_cells_in_time(tmp_path) -> None:
    made = run("cells-in-time", tmp_path)
    errors, points = made["errors"], made["points"]
    assert errors["metric"] < errors["straight lines"] / 2
    assert errors["metric"] > errors["two samples of the truth"]
    # Along circles round the origin.
    tangents = np.stack([-points[:, 1], points[:, 0]], axis=1)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    assert np.abs((made["directions"] * tangents).sum(axis=1)).mean() > 0.95
    # Half a turn of radius 1 in 36 hours, measured by chords.
    np.testing.assert_allclose(made["speeds"], np.pi / 36, rtol=0.15)
    away = np.linalg.norm(made["journeys"], axis=2).mean(axis=1)
    np.testing.assert_allclose(away, 1.0, atol=0.1)


@pytest.mark.slow
def test_the_first_lines_of_the_readme_print_a_diagnosis(monkeypatch, capsys) -> None:
    """With fewer steps than the default settings of the one method that is tried."""
    short = {name: {"steps": 100} for name in ("paths", "regression")}
    short |= {"couplings": {"points": 128}, "polish": {"rounds": 4}}
    solve = partial(nlot.solve, method="nlot_plus", settings=short)
    monkeypatch.setattr(nlot, "solve", solve)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[1]
    assert sum(map(bool, lines.splitlines())) == 5
    made: dict = {}
    exec(compile(lines, "README.md", "exec"), made)
    assert capsys.readouterr().out == f"{made['run'].diagnostics}\n"


@pytest.mark.slow
def test_own_pairs(tmp_path) -> None:
    made = run_page(DOCS / "own-pairs.md", tmp_path)
    assert made["error"].max() < 0.3
    x, y = made["before"][:3], made["after"][::-1][:3]
    lagrangian = jax.vmap(made["run"].lagrangian)
    # Straight, at constant speed, in unit time.
    np.testing.assert_allclose(
        lagrangian(x, y - x), np.diag(made["run"].costs(x, y)), rtol=1e-4
    )
