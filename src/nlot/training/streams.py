"""Independent random streams, named by their purpose.

Training and evaluation draw from different streams, so no model ever sees the samples
it is measured on; all methods are measured on the same ones.
"""

import zlib

import jax
from jaxtyping import PRNGKeyArray


def stream(seed: int, name: str) -> PRNGKeyArray:
    """The key of the stream `name` of a seed."""
    return jax.random.fold_in(jax.random.key(seed), zlib.crc32(name.encode()))
