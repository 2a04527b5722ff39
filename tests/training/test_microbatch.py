"""All items come once and in order, in batches of two sizes or in groups."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.training.microbatch import FEW, MANY, batches, in_groups, mean_and_grad


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


@pytest.mark.parametrize("n, size", [(5, 8), (8, 4), (11, 4), (9, 4)])
def test_gradients_in_parts_are_those_of_the_whole(n, size) -> None:
    """A remainder weighs by its samples; float32, so to a part in a million."""
    keys = jax.random.split(jax.random.key(0), 3)
    model = eqx.nn.MLP(2, 3, 8, 2, jax.nn.softplus, key=keys[0])
    x = jax.random.normal(keys[1], (n, 2))
    y = jax.random.normal(keys[2], (n, 3))

    def loss(model, x, y):
        return jnp.mean(jnp.sum((jax.vmap(model)(x) - y) ** 2, -1))

    expected = eqx.filter_value_and_grad(loss)(model, x, y)
    found = mean_and_grad(loss, model, x, y, size=size)
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for part, whole in zip(*map(jax.tree.leaves, (found, expected)), strict=True):
        np.testing.assert_allclose(part, whole, rtol=1e-5, atol=1e-6)


def test_a_gpu_takes_all_samples_at_once(monkeypatch) -> None:
    seen = []

    def loss(model, x):
        seen.append(x.shape)
        return jnp.mean(model * x)

    for backend, shape in [("cpu", (2,)), ("gpu", (7,))]:
        monkeypatch.setattr(jax, "default_backend", lambda name=backend: name)
        mean_and_grad(loss, jnp.array(2.0), jnp.arange(7.0), size=2)
        assert seen[0] == shape
        seen.clear()
