"""Potentials from noisy gradients."""

import jax
import numpy as np

from nlot.discrete.gradient_fit import fit_gradient

RANDOM = np.random.default_rng(0)
ALL = np.arange(60)
U = RANDOM.normal(size=(60, 2))
NEW = RANDOM.normal(size=(200, 2))


def error(slopes, new_slopes, shares=None, judged=ALL):
    shares = np.ones(len(U)) if shares is None else shares
    found = fit_gradient(U, slopes, shares, judged)
    missed = jax.vmap(found.gradient)(NEW.astype(np.float32)) - new_slopes
    return np.sqrt(np.mean(np.sum(np.asarray(missed) ** 2, axis=1)))


def test_quadratic_potentials_are_found():
    matrix, shift = np.array([[2.0, 0.5], [0.5, -1.0]]), np.array([1.0, -2.0])
    assert error(U @ matrix + shift, NEW @ matrix + shift) < 1e-3


def test_smooth_potentials_are_found():
    """That of sin(x₁) cos(x₂); its gradients are of size one."""

    def slope(u):
        x, y = u.T
        return np.stack([np.cos(x) * np.cos(y), -np.sin(x) * np.sin(y)], axis=1)

    assert error(slope(U), slope(NEW)) < 0.1


def test_noise_is_smoothed():
    """Of 60 gradients with noise 0.3 in each coordinate, the mean is right to 0.08."""
    noisy = RANDOM.normal(scale=0.3, size=U.shape) + 1.0
    assert error(noisy, np.ones_like(NEW)) < 0.2


def test_weights_and_judges_say_what_counts():
    """Half of the gradients are wrong, and have next to no weight."""
    slopes = np.ones_like(U)
    slopes[30:] = -1.0
    shares = np.where(ALL < 30, 1.0, 1e-6)
    assert error(slopes, np.ones_like(NEW), shares, ALL[:30]) < 0.01


def test_the_rotation_that_no_potential_has_is_left_out():
    """Gradients of a potential are symmetric: only that part of a field is fitted."""
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert error(U @ turn + U, NEW) < 0.3
