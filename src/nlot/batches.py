"""Many items in batches: of two sizes on the host, in groups inside of a program."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Int

# Items of a batch, many or few: any number of items is compiled at most twice. The
# searches of more do not stay in a processor's cache.
MANY, FEW = 128, 64


def batches(
    indices: Int[np.ndarray, " n"],
) -> Iterator[tuple[Int[np.ndarray, " batch"], Int[np.ndarray, " lanes"]]]:
    """Parts of `indices`, and each filled up to a size by repeating it."""
    for begin in range(0, len(indices), MANY):
        picked = indices[begin : begin + MANY]
        yield picked, np.resize(picked, FEW if len(picked) <= FEW else MANY)


def in_groups(function: Callable[..., Any], *arguments: Any, size: int) -> Any:
    """`vmap` of `function` over the leading axis of `arguments`, `size` at a time.

    A loop that goes through the same numbers again and again is faster where they stay
    in a processor's cache (docs/replication.md has figures). 0: all at once.
    """
    if not size:
        return eqx.filter_vmap(function)(*arguments)
    arrays, static = eqx.partition(arguments, eqx.is_array)
    return jax.lax.map(
        lambda part: function(*eqx.combine(part, static)), arrays, batch_size=size
    )
