"""Flows of FlowJAX as tuples of arrays: what is trained, stored and traced.

The rest of a flow holds functions and constants that were made with it. A flow must
not be made while something is traced, as its constants would belong to that trace.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, PRNGKeyArray

# Makes a flow from a key and hashable arguments.
Make = Callable[..., Any]


def split(flow: Any) -> tuple[tuple[Array, ...], Any]:
    """The arrays of a flow, and the rest of it."""
    leaves, structure = jax.tree.flatten(flow)
    arrays = tuple(leaf for leaf in leaves if eqx.is_array(leaf))
    return arrays, (structure, [None if eqx.is_array(x) else x for x in leaves])


def arrays_of(make: Make, key: PRNGKeyArray, *about: Any) -> tuple[Array, ...]:
    """The arrays of the flow that `make(key, *about)` makes."""
    return split(make(key, *about))[0]


def joined(arrays: tuple[Array, ...], make: Make, *about: Any) -> Any:
    """The flow of `make(key, *about)` with these arrays."""
    structure, leaves = _rest(make, *about)
    given = iter(arrays)
    filled = [next(given) if leaf is None else leaf for leaf in leaves]
    return jax.tree.unflatten(structure, filled)


@functools.cache
def _rest(make: Make, *about: Any) -> Any:
    """All of a flow but its arrays, made in a thread, which traces nothing."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(lambda: split(make(jax.random.key(0), *about))).result()[1]
