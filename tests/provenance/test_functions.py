"""Functions are told apart by what they compute with."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nlot
from nlot.provenance.functions import function_hash

HEIGHT = np.array([1.0, 2.0])


def hill(x):
    return -HEIGHT[0] * jnp.sum(x**2)


def wall(x):
    return -jnp.sum(x**4)


def round_a_hill(x):
    return hill(x) + 1.0


def high(height):
    return lambda x: -height * jnp.sum(x**2)


def with_default(height):
    def potential(x, m=height):
        return -m * jnp.sum(x**2)

    return potential


def with_options(**options):
    return lambda x: jnp.sum(x**2) * options["a"][1] * options["b"][0]["c"]


class Bump(eqx.Module):
    height: float

    def __call__(self, x):
        return -self.height * jnp.sum(x**2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (hill, wall),
        (nlot.Newtonian(hill), nlot.Newtonian(wall)),
        (high(1.0), high(2.0)),
        (high(np.ones(2)), high(np.zeros(2))),
        (with_default(1), with_default(50)),
        (
            with_options(a=[1, 2], b=[{"c": 3}]),
            with_options(a=[1, 2], b=[{"c": 4}]),
        ),
        (partial(high, 1.0), partial(high, 2.0)),
        (jax.jit(hill), jax.jit(wall)),
        (Bump(1.0), Bump(2.0)),
        (Bump(1.0).__call__, Bump(2.0).__call__),
        (nlot.Ball([0.0, 0.0], 1.0), nlot.Ball([0.0, 0.0], 2.0)),
    ],
)
def test_what_computes_otherwise_has_another_hash(one, other):
    assert function_hash(one) != function_hash(other)


@pytest.mark.parametrize(
    "make",
    [
        lambda: high(1.0),
        lambda: high(np.ones(2)),
        lambda: nlot.Newtonian(with_default(1)),
        lambda: Bump(1.0),
        lambda: jax.jit(hill),
        lambda: nlot.Newtonian(jax.nn.relu),
    ],
)
def test_what_is_made_anew_has_the_same_hash(make):
    assert function_hash(make()) == function_hash(make())


@pytest.mark.parametrize(
    ("name", "value"), [("HEIGHT", np.array([3.0, 2.0])), ("hill", wall)]
)
def test_variables_outside_count(monkeypatch, name, value):
    """Numbers, and functions that are called."""
    before = function_hash(round_a_hill)
    monkeypatch.setitem(globals(), name, value)
    assert function_hash(round_a_hill) != before


def test_samples_have_no_hash():
    assert function_hash(np.ones((9, 2))) is None
    assert function_hash([[1.0, 2.0]]) is None
