"""Four views of optimal transport agree at the optimum, and only there."""

from dataclasses import dataclass
from functools import cached_property, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import EvaluationConfig
from nlot.costs.closed_forms import Affine, frequency, harmonic_action, harmonic_path
from nlot.evaluation.registry import MEASURES
from nlot.evaluation.transport_case import TransportCase
from nlot.paths.own_paths import OwnPaths

from ..conftest import GAUSSIANS

VALUES = ("monge", "kantorovich", "benamou_brenier")
BETWEEN = ("interpolation", "velocity_error", "hamilton_jacobi")


@dataclass
class Known:
    """The optimal map, potential and paths, or some of them made wrong.

    `short` is the share of the way to the image that the map falls short of; `bend`
    scales the curvature of the potential; `late` shifts positions on paths in time.
    """

    form: Affine
    short: float = 0.0
    bend: float = 1.0
    late: float = 0.0
    stochastic = False

    def transport(self, x, key=None):
        best = jnp.asarray(self.form.map(x), jnp.float32)
        return best + self.short * (x - best)

    def path(self, x, times):
        end, omega, horizon = self.transport(x), self.form.omega, self.form.horizon
        s = np.asarray(times) / horizon
        late = horizon * (s - self.late * s * (1 - s))
        alone = jax.vmap(harmonic_path, (0, 0, None, None, None))
        return jnp.stack([alone(x, end, t, omega, horizon) for t in late], axis=1)

    def own_paths(self, x, y, key):
        times = np.linspace(0, self.form.horizon, 401)
        path = np.asarray(self.path(x, times), np.float64)
        speed = np.gradient(path, times, axis=1)
        density = ((speed**2).sum(-1) + self.form.omega**2 * (path**2).sum(-1)) / 2
        return OwnPaths(jnp.asarray(np.trapezoid(density, times)), jnp.zeros(len(x)))

    def potential(self, y):
        """With ∇g(y) = ∇c(x, y) in y, at the x whose image is y."""
        back = self._origins(y)
        square, mixed = self._weights
        y = np.asarray(y, np.float64)
        linear = (y - self.form.target.mean) * (back - self.form.source.mean) / 2
        linear += y * self.form.source.mean
        return self.bend * (square * y**2 / 2 - mixed * linear).sum(1)

    def potential_gradient(self, y):
        square, mixed = self._weights
        return self.bend * (square * y - mixed * self._origins(y))

    def dual(self, x):
        y = jnp.asarray(self.form.map(x), jnp.float32)
        cost = partial(harmonic_action, **self._settings)
        return jax.vmap(cost)(jnp.asarray(x), y) - self.potential(y)

    @property
    def _settings(self):
        return {"omega": self.form.omega, "horizon": self.form.horizon}

    def _origins(self, y):
        """The points whose images are `y`."""
        away = np.asarray(y, np.float64) - self.form.target.mean
        return away @ np.linalg.inv(self.form.matrix) + self.form.source.mean

    @cached_property
    def _weights(self):
        """Those of |y|²/2 and of -x·y in the cost."""
        zero, one = jnp.zeros(1), jnp.ones(1)
        cost = partial(harmonic_action, **self._settings)
        square = 2 * float(cost(zero, one))
        return square, square - float(cost(one, one))


@pytest.fixture(scope="module", params=[0.0, 2.0], ids=["straight", "well"])
def case_of(request, make_problem):
    """A case of a run between Gaussians whose covariances do not commute."""
    lagrangian = {"kind": "newtonian"}
    if request.param:
        lagrangian["potential"] = {"kind": "well", "strength": request.param**2 / 2}
    problem = make_problem(**GAUSSIANS, lagrangian=lagrangian, horizon=1.5)
    settings = EvaluationConfig.model_validate(
        {"action": {"points": 128}, "known_costs": True}
    )
    omega = frequency(problem.lagrangian)
    form = Affine(problem.source, problem.target, omega, problem.horizon)

    def case(**wrong):
        return TransportCase(problem, Known(form, **wrong), settings, 0)

    return case


def value(case, name):
    found, n = MEASURES[name].of(case)
    assert n == 128
    return found


def test_all_agree_at_the_optimum(case_of):
    """To 0.1 %; residuals of central differences to 1 %."""
    for name in VALUES:
        assert abs(value(case_of(), name)) < 0.1
    for name in BETWEEN:
        assert abs(value(case_of(), name)) < 1.0


def test_each_tells_of_its_own_fault(case_of):
    """A short map costs less, another potential proves less, slow paths cost more."""
    assert value(case_of(short=0.1), "monge") < -5
    assert value(case_of(short=0.1), "interpolation") < -5
    assert value(case_of(late=0.5), "benamou_brenier") > 1
    assert abs(value(case_of(late=0.5), "interpolation")) > 3
    assert value(case_of(late=0.5), "velocity_error") > 5
    assert value(case_of(bend=0.9), "velocity_error") > 2


def test_evolution_solves_the_equation_for_any_potential(case_of):
    """Only its values at the end are the potential's."""
    assert value(case_of(bend=0.9), "hamilton_jacobi") < 1.0


def test_views_are_measured_if_the_settings_ask(case_of):
    case = case_of()
    asked = {"known_costs"}
    assert asked <= case.facts
    case.settings = case.settings.model_copy(update={"known_costs": False})
    assert not asked & case.facts
