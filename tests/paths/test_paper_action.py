"""The action against the sum that the paper's released code minimises.

That code adds |Δx|²/2 - U(x) over the 19 intervals between 20 points, without the time
step. The sum is written here once more, independently of the package; the problems
come from the default preset.
"""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import yaml

from nlot.paths.quadrature import Quadrature
from nlot.paths.splines import CubicSpline
from nlot.problems.transport import Transport

PRESET = Path(__file__).parents[2] / "config" / "config.yaml"
POINTS, KNOTS = 20, 30


def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def box(x, y):
    inside = sigmoid((x + 0.5) / 0.01) * sigmoid((0.5 - x) / 0.01)
    return -0.01 * inside * sigmoid((y + 0.5) / 0.01) * sigmoid((0.5 - y) / 0.01)


def slit(x, y):
    inside = sigmoid((x + 0.1) / 0.01) * sigmoid((0.1 - x) / 0.01)
    return -inside * (sigmoid((-0.25 - y) / 0.01) + sigmoid((y - 0.25) / 0.01))


def hill(x, y):
    return -0.05 * np.exp(-(x**2) - y**2)


def well(x, y):
    return -0.01 * (x**2 + y**2)


def wavy(s):
    """A path that passes through box, walls and hill."""
    return np.stack([2.25 * s - 1.1, 0.3 + 0.6 * np.sin(2 * np.pi * s)], axis=1)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("potential", [box, slit, hill, well])
def test_action_is_the_released_codes_sum(potential):
    given = yaml.safe_load(PRESET.read_text())["problems"][potential.__name__]
    problem = Transport.Config.model_validate(given).load()
    spline = CubicSpline(KNOTS)
    knots = wavy(np.linspace(0, 1, KNOTS))
    coefficients = spline.coefficients(knots)

    s = np.linspace(0, 1, POINTS)
    points = knots[0] + s[:, None] * (knots[-1] - knots[0])
    points += spline.position(s) @ coefficients
    kinetic = np.sum(np.diff(points, axis=0) ** 2) / 2
    energy = -np.sum(potential(*points[:-1].T))
    assert energy > 0.01 * kinetic, "the path must feel the potential"

    rule = Quadrature(spline, POINTS, "finite_difference", problem.horizon)
    ends = jnp.array(knots[0]), jnp.array(knots[-1])
    action = rule(problem.lagrangian, *ends, jnp.array(coefficients))
    np.testing.assert_allclose(action, 19 * (kinetic + energy), rtol=1e-6)
