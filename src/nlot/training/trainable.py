"""Which arrays of a model are its weights."""

from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, PyTree


class Constant(eqx.Module):
    """An array of a model that no training changes.

    For numbers that come from the data: as static ones they would be part of the
    compiled program, and every seed would compile one of its own.
    """

    value: Array


def weights(model: PyTree) -> PyTree:
    """The inexact arrays of `model` outside of constants, None in place of all else."""

    def pick(leaf: Any) -> Any:
        if isinstance(leaf, Constant):
            return jax.tree.map(lambda _: None, leaf)
        return leaf if eqx.is_inexact_array(leaf) else None

    return jax.tree.map(pick, model, is_leaf=lambda leaf: isinstance(leaf, Constant))
