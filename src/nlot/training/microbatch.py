"""Batches of two sizes on the host, and groups inside of a compiled program."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

# The two batch sizes: any number of items needs at most two programs. The searches of
# more would not fit in a CPU's cache.
MANY, FEW = 128, 64
# Samples whose loss is differentiated at a time: what reverse mode stores for more
# would not fit in the cache, and times of steps would grow faster than batches.
_REMEMBERED = 512


def batches(
    indices: Int[np.ndarray, " n"], most: int = MANY
) -> Iterator[tuple[Int[np.ndarray, " batch"], Int[np.ndarray, " lanes"]]]:
    """Parts of at most `most` indices, and each padded to a batch by repetition."""
    for begin in range(0, len(indices), most):
        picked = indices[begin : begin + most]
        yield picked, np.resize(picked, FEW if len(picked) <= FEW <= most else most)


def in_groups(function: Callable[..., Any], *arguments: Any, size: int) -> Any:
    """`vmap` of `function` over the leading axis of `arguments`, `size` at a time.

    Loops are faster if the numbers that they revisit stay in a CPU's cache (figures are
    in docs/replication.md). 0: all at once.
    """
    if not size:
        return eqx.filter_vmap(function)(*arguments)
    arrays, static = eqx.partition(arguments, eqx.is_array)
    return jax.lax.map(
        lambda part: function(*eqx.combine(part, static)), arrays, batch_size=size
    )


def mean_and_grad(
    loss: Callable[..., Array], model: Any, *samples: Array, size: int = _REMEMBERED
) -> tuple[Float[Array, ""], Any]:
    """`loss(model, *samples)`, a mean over the samples, and its gradient in `model`.

    `samples` share a leading axis, of which `size` are taken at a time; the means of
    the parts are averaged. A GPU takes all at once.
    """
    both = eqx.filter_value_and_grad(loss)
    n = samples[0].shape[0]
    whole = n - n % size
    if n <= size or jax.default_backend() != "cpu":
        return both(model, *samples)

    def add(total: Any, part: Any) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, both(model, *part)), None

    parts = [a[:whole].reshape(-1, size, *a.shape[1:]) for a in samples]
    zero = jax.tree.map(
        lambda a: jnp.zeros(a.shape, a.dtype),
        eqx.filter_eval_shape(both, model, *(a[0] for a in parts)),
    )
    total, _ = jax.lax.scan(add, zero, parts)
    mean = jax.tree.map(lambda a: a * (size / n), total)
    if whole == n:
        return mean
    rest = both(model, *(a[whole:] for a in samples))
    return jax.tree.map(lambda a, b: a + b * (1 - whole / n), mean, rest)
