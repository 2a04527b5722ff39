"""Independent streams of randomness, named by what they are for.

Training and evaluation draw from streams of different names, so that no model ever
sees the samples it is measured on; methods are measured on the same ones.
"""

import zlib

import jax
from jaxtyping import PRNGKeyArray


def stream(seed: int, name: str) -> PRNGKeyArray:
    """The key of the stream `name` of a seed."""
    return jax.random.fold_in(jax.random.key(seed), zlib.crc32(name.encode()))
