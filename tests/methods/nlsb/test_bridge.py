"""The neural SDE against finite differences, and laws in closed form."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.costs.lagrangians import Newtonian
from nlot.costs.potentials import Well
from nlot.methods.nlsb.bridge import Bridge, OTFlowPotential, hjb_residual, simulate
from nlot.networks.mlp import MLP

SHAPES = pytest.mark.parametrize("d, layers", [(1, 2), (2, 2), (3, 3)])
STEP = 1e-4


def random_bridge(d, layers):
    keys = jax.random.split(jax.random.key(d), 3)
    phi = OTFlowPotential(d, 5, layers, key=keys[0])
    phi = eqx.tree_at(lambda p: p.b, phi, jax.random.normal(keys[1], (d + 1,)))
    return Bridge(phi, MLP(d + 1, d, (6,), "silu", key=keys[2]))


def points(d, n=3):
    """Positions, and times between 0 and 1."""
    x = jax.random.normal(jax.random.key(7), (n, d))
    return zip(x, jnp.linspace(0.1, 0.9, n), strict=True)


def differences(phi, x, t):
    """∇Φ, ∂_t Φ and the second derivatives of Φ by central differences."""
    value = phi(x, t)
    sides = [(phi(x + s, t), phi(x - s, t)) for s in STEP * np.eye(len(x))]
    slope = np.array([(a - b) / (2 * STEP) for a, b in sides])
    curvature = np.array([(a - 2 * value + b) / STEP**2 for a, b in sides])
    return slope, (phi(x, t + STEP) - phi(x, t - STEP)) / (2 * STEP), curvature


@SHAPES
def test_drift_and_residual_by_finite_differences(x64, d, layers):
    """The drift is -∇Φ; the residual ∂_t Φ + Σ σᵢ² ∂ᵢ²Φ/2 + L - |∇Φ|², term by term.

    Second differences are good to the square of their step and to the 16 digits of Φ
    over that square, about 1e-8 each.
    """
    bridge, lagrangian = random_bridge(d, layers), Newtonian(Well(jnp.array(0.3)), 2.0)
    phi, residual = eqx.filter_jit(bridge.potential), eqx.filter_jit(hjb_residual)
    for x, t in points(d):
        slope, rate, curvature = differences(phi, x, t)
        sigma = np.tanh(bridge.diffusion(jnp.append(x, t)))
        cost = 0.5 * slope @ slope + 0.6 * x @ x
        expected = rate + 0.5 * sigma**2 @ curvature + cost - slope @ slope
        assert np.abs(sigma**2 @ curvature) > 1e-3
        np.testing.assert_allclose(bridge.drift(x, t), -slope, rtol=1e-6, atol=1e-7)
        found = residual(bridge, lagrangian, x, t)
        np.testing.assert_allclose(found, [cost, expected], rtol=1e-6, atol=1e-6)


def test_activations_are_antiderivatives_of_tanh(x64):
    """With one opening unit: Φ is log cosh, also where cosh overflows, and log 2."""
    phi = OTFlowPotential(1, 1, 2, key=jax.random.key(0))
    phi = eqx.tree_at(
        lambda p: (p.opening.weight, p.opening.bias, p.residual[0].weight, p.a),
        phi,
        (jnp.array([[1.0, 0.0]]), jnp.zeros(1), jnp.zeros((1, 1)), 0 * phi.a),
    )
    x = np.array([-1000.0, -2.0, -1e-3, 0.0, 0.3, 1000.0])
    gradient = [jax.grad(phi)(jnp.array([a]), jnp.array(0.5))[0] for a in x]
    np.testing.assert_allclose(gradient, np.tanh(x), rtol=1e-12)
    zero = phi(jnp.zeros(1), jnp.array(0.5))
    rise = [phi(jnp.array([a]), jnp.array(0.5)) - zero for a in x]
    expected = np.logaddexp(x, -x) - np.log(2)
    np.testing.assert_allclose(rise, expected, rtol=1e-9, atol=1e-15)


THETA, SIGMA = 1.2, 0.4


def discrete(steps):
    """Of dx = -θx dt + σ dW by Euler and Maruyama: mean from 1, and variance."""
    dt = 1 / steps
    shrink = 1 - THETA * dt
    powers = shrink ** (2 * np.arange(steps))
    return shrink**steps, SIGMA**2 * dt * powers.sum()


def test_many_paths_follow_the_law_of_the_scheme(make_quadratic):
    """Means and variances of 20,000 ends, within four of their standard errors."""
    bridge, steps, n = make_quadratic(THETA, sigma=SIGMA), 10, 20_000
    x = jnp.array([1.0, -2.0])
    noise = jax.random.normal(jax.random.key(1), (n, steps, 2))
    paths = jax.jit(jax.vmap(lambda w: simulate(bridge, x, w)))(noise)
    assert paths.shape == (n, steps + 1, 2)
    np.testing.assert_array_equal(paths[:, 0], jnp.tile(x, (n, 1)))
    ends = np.asarray(paths[:, -1], np.float64)
    shrink, variance = discrete(steps)
    error = 4 * np.sqrt(variance / n)
    np.testing.assert_allclose(ends.mean(0), shrink * np.asarray(x), atol=error)
    error = 4 * variance * np.sqrt(2 / n)
    np.testing.assert_allclose(ends.var(0), variance, atol=error)
    # Coordinates are independent.
    assert abs(np.corrcoef(ends.T)[0, 1]) < 4 / np.sqrt(n)


@eqx.filter_jit
def law(bridge, steps):
    """Mean from 1, and variance of a path's end, without randomness.

    Ends are linear in the noise: their variance is the sum of squared responses to one
    unit of noise at one step.
    """
    x, still = jnp.array([1.0]), jnp.zeros((steps, 1))
    impulses = jnp.eye(steps)[:, :, None]
    mean = simulate(bridge, x, still)[-1, 0]
    ends = jax.vmap(lambda w: simulate(bridge, 0 * x, w))(impulses)[:, -1]
    return jnp.array([mean, jnp.sum(ends**2)])


def test_the_scheme_approaches_the_ornstein_uhlenbeck_process(x64, make_quadratic):
    """e^{-θT} and σ²(1 - e^{-2θT})/(2θ), with errors that halve with the step."""
    bridge = make_quadratic(THETA, b=(0.0, 0.0), sigma=SIGMA)
    decay = np.exp(-THETA)
    exact = np.array([decay, SIGMA**2 * (1 - decay**2) / (2 * THETA)])
    gaps = []
    for steps in (40, 80, 160):
        found = law(bridge, steps)
        np.testing.assert_allclose(found, discrete(steps), rtol=1e-9)
        gaps.append(np.abs(found - exact) / exact)
    assert np.all(gaps[-1] < 0.01)
    for coarse, fine in pairwise(gaps):
        np.testing.assert_allclose(coarse / fine, 2, rtol=0.05)


def test_drift_and_diffusion_are_taken_where_a_step_starts(x64):
    """Φ = (x + 3t)²/2 and σ = tanh(2t), against the scheme by hand."""
    phi = OTFlowPotential(1, 2, 2, key=jax.random.key(0))
    a = jnp.array([[1.0, 3.0], [0.0, 0.0]])
    diffusion = MLP(2, 1, (), "tanh", key=jax.random.key(0))
    bridge = Bridge(
        eqx.tree_at(lambda p: (p.w, p.a), phi, (0 * phi.w, a)),
        eqx.tree_at(
            lambda n: (n.layers[0].weight, n.layers[0].bias),
            diffusion,
            (jnp.array([[0.0, 2.0]]), jnp.zeros(1)),
        ),
    )
    noise = np.random.default_rng(0).normal(size=(5, 1))
    x, expected = 0.7, [0.7]
    for t, w in zip(0.2 * np.arange(5), noise[:, 0], strict=True):
        x = x - 0.2 * (x + 3 * t) + np.sqrt(0.2) * np.tanh(2 * t) * w
        expected.append(x)
    found = simulate(bridge, jnp.array([0.7]), jnp.asarray(noise))
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("omega", [THETA, 0.6])
@pytest.mark.parametrize("rate", [0.0, -0.9])
def test_the_residual_of_a_quadratic_potential(x64, make_quadratic, omega, rate):
    """β + σ²dθ/2 + (ω² - θ²)|x|²/2 for Φ = θ|x|²/2 + βt in the well -ω²|x|²/2.

    Constant for θ = ω, where Φ solves the equation of the linear-quadratic problem.
    """
    bridge = make_quadratic(THETA, b=(0.0, 0.0, 0.0, rate), sigma=SIGMA)
    lagrangian = Newtonian(Well(jnp.array(omega**2 / 2)), 1.0)
    for x, t in points(3):
        cost, residual = hjb_residual(bridge, lagrangian, x, t)
        square = x @ x / 2
        expected = rate + SIGMA**2 * 3 * THETA / 2 + (omega**2 - THETA**2) * square
        np.testing.assert_allclose(residual, expected, rtol=1e-12)
        np.testing.assert_allclose(cost, (omega**2 + THETA**2) * square, rtol=1e-12)


def test_the_optimal_potential_of_the_linear_quadratic_problem(x64, make_quadratic):
    """Φ = ω|x|²/2 + σ²dω(T - t)/2 leaves no residual."""
    bridge = make_quadratic(THETA, b=(0.0, 0.0, -(SIGMA**2) * THETA), sigma=SIGMA)
    lagrangian = Newtonian(Well(jnp.array(THETA**2 / 2)), 1.0)
    for x, t in points(2):
        _, residual = hjb_residual(bridge, lagrangian, x, t)
        assert residual == pytest.approx(0, abs=1e-12)
