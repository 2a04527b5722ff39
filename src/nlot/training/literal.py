"""Arrays that are constants of the programs that use them."""

from typing import Any

import jax

from nlot.training.checkpoints import digest


class Literal:
    """A pytree whose arrays the compiler knows: it simplifies what is done with them.

    To be passed to compiled functions as a setting. Compared by value: an equal one
    needs no new program, any other does, so that it is for what all seeds share.
    """

    def __init__(self, tree: Any):
        self.tree = tree
        self._value = digest(tree), jax.tree.structure(tree)

    def __hash__(self) -> int:
        return hash(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._value == other._value
