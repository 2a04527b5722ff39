"""What stays fixed during training, and the batches drawn from it."""

from typing import Generic, TypeVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, PRNGKeyArray

from nlot.paths.quadrature import MovingQuadrature, Quadrature
from nlot.problems.transport import Transport

Rule = TypeVar("Rule", Quadrature, MovingQuadrature)


class Sampler(eqx.Module, Generic[Rule]):
    """A problem, the quadrature rule of its training, and how batches are drawn."""

    problem: Transport
    quadrature: Rule
    sampling: str = eqx.field(static=True)

    def pairs(
        self, key: PRNGKeyArray, n: int
    ) -> tuple[Float[Array, "n d"], Float[Array, "n d"]]:
        """`n` samples of the source and, independent of them, `n` of the target."""
        source, target = jax.random.split(key)
        return (
            self.problem.source.draw(source, n, self.sampling),
            self.problem.target.draw(target, n, self.sampling),
        )
