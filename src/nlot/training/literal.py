"""Arrays that are compile-time constants of the programs that use them."""

from typing import Any

import jax

from nlot.training.checkpoints import digest


class Literal:
    """A pytree whose arrays the compiler knows, and can simplify with.

    Passed to compiled functions as a static argument, and compared by value: every new
    value compiles a new program, so use it for what all seeds share.
    """

    def __init__(self, tree: Any):
        self.tree = tree
        self._value = digest(tree), jax.tree.structure(tree)

    def __hash__(self) -> int:
        return hash(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._value == other._value
