"""All items come once and in order, in batches of two sizes or in groups."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.batches import FEW, MANY, batches, in_groups


@pytest.mark.parametrize("n", [0, 1, FEW, FEW + 1, MANY, MANY + 1, 2 * MANY + FEW])
def test_every_item_comes_once_in_lanes_of_two_sizes(n) -> None:
    items = np.arange(n) + 7
    found = list(batches(items))
    joined = np.concatenate([items[:0], *(picked for picked, _ in found)])
    np.testing.assert_array_equal(joined, items)
    for picked, lanes in found:
        np.testing.assert_array_equal(lanes[: len(picked)], picked)
        assert len(lanes) in (FEW, MANY)
        assert set(lanes) == set(picked)


@pytest.mark.parametrize("size", [0, 1, 3, 7, 10])
def test_groups_give_what_all_at_once_do(size) -> None:
    """A remainder included, and with what is no array among the arguments."""
    x = jnp.arange(14.0).reshape(7, 2)
    models = eqx.filter_vmap(lambda a: (a, "name"))(x[:, 0])

    def function(model, point):
        value, name = model
        assert name == "name"
        return {"sum": value + point.sum(), "point": point}

    found = in_groups(function, models, x, size=size)
    np.testing.assert_array_equal(found["sum"], x[:, 0] + x.sum(1))
    np.testing.assert_array_equal(found["point"], x)
