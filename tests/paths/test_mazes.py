"""Least actions round several obstacles, against the best of many random starts.

The random starts wind by four sine modes, wide enough for every way round. In these
scenes, 2 to 90 % of them find the least path.
"""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import LeastActionConfig
from nlot.costs.lagrangians import Newtonian
from nlot.costs.obstacles import Boxes
from nlot.paths.multistart import optimal_paths
from nlot.paths.newton import least_actions
from nlot.paths.polygons import polygon_actions

SETTINGS = LeastActionConfig(segments=64)
PAIRS, STARTS, MODES = 4, 64, 4
INF = np.inf
# Boxes that are never met: all scenes have as many, and compile once.
FAR = ([50.0, 50.0], [51.0, 51.0])
TURNS = [([-0.4, -0.3], [-0.3, INF]), ([0.3, -INF], [0.4, 0.3])]
THIN = [([-0.4, -0.3], [-0.38, INF]), ([0.3, -INF], [0.32, 0.3])]
MAZE = [
    ([-0.65, -0.4], [-0.55, INF]),
    ([-0.05, -INF], [0.05, 0.4]),
    ([0.55, -0.4], [0.65, INF]),
]
# Boxes, strength, width of the edges, source and target.
SCENES = {
    "two turns": (TURNS, 20.0, 0.02, (-0.9, 0.25), (0.9, -0.25)),
    "two turns, walls crossed fast": (TURNS, 100.0, 0.02, (-0.9, 0.25), (0.9, -0.25)),
    "two turns, thin and hard": (THIN, 1000.0, 0.005, (-0.9, 0.25), (0.9, -0.25)),
    "three turns": (MAZE, 50.0, 0.02, (-1.0, 0.5), (1.0, 0.5)),
    "back": ([([-1.0, -0.05], [0.6, 0.05])], 20.0, 0.02, (-0.7, -0.2), (-0.7, 0.2)),
}


@pytest.fixture(
    scope="module",
    params=[
        name if name == "two turns" else pytest.param(name, marks=pytest.mark.slow)
        for name in SCENES
    ],
)
def scene(request):
    boxes, strength, width, source, target = SCENES[request.param]
    low, high = zip(*boxes, *[FAR] * (3 - len(boxes)), strict=True)
    width = jnp.array(width)
    potential = Boxes(
        jnp.array(low), jnp.array(high), jnp.array(strength), width, width
    )
    lagrangian, rng = Newtonian(potential, 1.0), np.random.default_rng(0)
    x, y = (np.array(z) + 0.04 * rng.normal(size=(PAIRS, 2)) for z in (source, target))
    found = optimal_paths(lagrangian, 1.0, 1.0, SETTINGS, x, y)
    return SimpleNamespace(lagrangian=lagrangian, ends=(x, y), found=found)


def random_starts(x, y):
    s = np.linspace(0, 1, SETTINGS.segments + 1)
    modes = np.arange(1, MODES + 1)[:, None]
    waves = np.random.default_rng(1).normal(size=(PAIRS, STARTS, MODES, 2)) / modes
    lines = x[:, None, None] + s[:, None] * (y - x)[:, None, None]
    return lines + np.einsum("nrkd,kt->nrtd", 0.8 * waves, np.sin(np.pi * modes * s))


def test_none_of_many_random_starts_leads_to_less(scene):
    """In the mean by 0.1 %, what random ends of searches in hard edges differ by."""
    starts = random_starts(*scene.ends)
    points = int(scene.found.points[0])
    settings = SETTINGS.model_copy(update={"points": points})
    each = least_actions(
        scene.lagrangian, 1.0, settings, starts.reshape(-1, *starts.shape[2:])
    )
    each = each.action.reshape(PAIRS, STARTS)
    best = np.nanmin(each, axis=1)
    assert np.all(scene.found.converged)
    assert scene.found.action.mean() <= best.mean() * 1.001
    assert np.mean(each > 1.01 * best[:, None]) > 0.05, "starts must matter"


def test_walls_are_seen_between_corners(scene):
    """Eight times as many points in each segment see no more, to 1 %."""
    points = 8 * int(scene.found.points[0])
    with jax.enable_x64(True):
        fine = polygon_actions(scene.lagrangian, 1.0, scene.found.path, points)
    np.testing.assert_allclose(fine, scene.found.action, rtol=1e-2)


def test_none_is_above_a_known_path(scene):
    """The found paths, shaken: the search starts from them, too."""
    rng = np.random.default_rng(2)
    known = scene.found.path.copy()
    known[:, 1:-1] += 1e-3 * rng.normal(size=known[:, 1:-1].shape)
    none = SETTINGS.model_copy(update={"bends": (), "waves": 0})
    found = optimal_paths(scene.lagrangian, 1.0, 1.0, none, *scene.ends, known=known)
    with jax.enable_x64(True):
        points = int(found.points[0])
        above = polygon_actions(scene.lagrangian, 1.0, known, points)
    assert np.all(found.action <= above)
