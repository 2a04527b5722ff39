"""Batches of two sizes, so that any number of items is compiled at most twice."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

# Items of a batch, many or few.
MANY, FEW = 512, 64


def batches(
    indices: Int[np.ndarray, " n"],
) -> Iterator[tuple[Int[np.ndarray, " batch"], Int[np.ndarray, " lanes"]]]:
    """Parts of `indices`, and each filled up to a size by repeating it."""
    for begin in range(0, len(indices), MANY):
        picked = indices[begin : begin + MANY]
        yield picked, np.resize(picked, FEW if len(picked) <= FEW else MANY)
