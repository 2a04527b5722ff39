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


def is_plain(what: str, given: Any) -> bool:
    """Whether `given` is a plain function, as opposed to a module or None.

    Raises `ValueError` for what cannot be called.
    """
    if given is None or isinstance(given, eqx.Module):
        return False
    if not callable(given):
        raise ValueError(
            f"{what}: expected a function of position, found {type(given).__name__}"
        )
    return True
