import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

from nlot.training.literal import Literal


class Bowl(eqx.Module):
    """A tree with an array and a setting."""

    centre: jax.Array
    power: int = eqx.field(static=True)


def bowl(value=1.0, power=2):
    return Literal(Bowl(jnp.array([value, 2.0]), power))


def test_literals_are_compared_by_value():
    assert bowl() == bowl()
    assert hash(bowl()) == hash(bowl())
    for other in (bowl(value=1.5), bowl(power=4), bowl().tree):
        assert bowl() != other


@pytest.mark.parametrize("value, traces", [(1.0, 1), (1.5, 2)])
def test_an_equal_literal_is_the_same_program(value, traces):
    traced = []

    @eqx.filter_jit
    def energy(x, literal):
        traced.append(x)
        return jnp.sum((x - literal.tree.centre) ** literal.tree.power)

    for literal in (bowl(), bowl(value)):
        expected = jnp.sum((jnp.ones(2) - literal.tree.centre) ** 2)
        assert energy(jnp.ones(2), literal) == expected
    assert len(traced) == traces
