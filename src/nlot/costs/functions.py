"""What users' own functions return, and objects that stand for functions."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array


def returned(what: str, value: Any, shape: tuple[int, ...], like: Array) -> Array:
    """What a function returned, as an array in the precision of its argument `like`.

    Raises `ValueError` for anything but numbers of the shape that `what` has.
    """
    try:
        array = jnp.asarray(value, like.dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{what}: expected an array of shape {shape}, found {type(value).__name__}"
        ) from error
    if array.shape != shape:
        raise ValueError(f"{what}: expected shape {shape}, found {array.shape}")
    return array


def is_plain(what: str, given: Any, kind: type) -> bool:
    """Whether `given` is a plain function, as opposed to an object of a kind or None.

    Raises `ValueError` for what cannot be called, and for other modules, whose arrays
    a function would hide from their owner.
    """
    if given is None or isinstance(given, kind):
        return False
    found = type(given).__name__
    if isinstance(given, eqx.Module):
        raise ValueError(
            f"{what}: expected a function of position or an {kind.__name__}, found "
            f"{found}; pass lambda x: module(x)"
        )
    if not callable(given):
        raise ValueError(f"{what}: expected a function of position, found {found}")
    return True
