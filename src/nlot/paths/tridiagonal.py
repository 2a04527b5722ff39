"""Block tridiagonal systems, in time linear in the number of blocks."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.lax.linalg import cholesky, triangular_solve
from jaxtyping import Array, Bool, Float

# Up to this block size, matrices and vectors are nested lists of scalars: `vmap` turns
# each scalar into an array, several times faster than a batch of tiny matrices.
_SCALARS = 8
_Scalar = Float[Array, ""]
_Vector = list[_Scalar]
_Matrix = list[_Vector]
# Matrices, vectors and flags passed through a scan.
_Parts = tuple[Any, ...]
_Blocks = Float[Array, "n d d"]
_Rows = Float[Array, "n d"]
_Solution = tuple[_Rows, Bool[Array, ""]]


def solve(
    diagonal: Float[Array, "n d d"],
    upper: Float[Array, "n d d"],
    right: Float[Array, "n d"],
) -> tuple[Float[Array, "n d"], Bool[Array, ""]]:
    """Solve H z = `right` for a symmetric block tridiagonal H by Cholesky's method.

    **Arguments:** `diagonal[k]` couples block k with itself, `upper[k]` with block
    k + 1; the last `upper` is not used but must be finite.

    **Returns:** z, and whether H is positive definite; if not, z is meaningless.
    """
    small = right.shape[1] <= _SCALARS
    return (_by_scalars if small else _by_blocks)(diagonal, upper, right)


def _by_blocks(diagonal: _Blocks, upper: _Blocks, right: _Rows) -> _Solution:
    """`solve` by matrix operations; the program does not grow with d."""
    d = right.shape[1]
    zeros = jnp.zeros((d, d), right.dtype)

    def eliminate(carry: _Parts, block: _Parts) -> tuple[_Parts, _Parts]:
        taken, moved, definite = carry
        own, coupling, b = block
        factor = cholesky(own - taken, symmetrize_input=False)
        positive = jnp.isfinite(factor).all()  # NaN where a pivot is not positive
        factor = jnp.where(positive, factor, jnp.eye(d, dtype=factor.dtype))
        both = _forward_all(factor, jnp.column_stack([coupling, b - moved]))
        across, w = both[:, :d], both[:, d]
        carry = across.T @ across, across.T @ w, definite & positive
        return carry, (factor, w, across)

    def substitute(following: Array, block: _Parts) -> tuple[Array, Array]:
        factor, w, across = block
        known = (w - across @ following)[:, None]
        z = triangular_solve(
            factor, known, left_side=True, lower=True, transpose_a=True
        )[:, 0]
        return z, z

    start = (zeros, zeros[0], jnp.array(True))
    (_, _, definite), factors = jax.lax.scan(eliminate, start, (diagonal, upper, right))
    _, z = jax.lax.scan(substitute, zeros[0], factors, reverse=True)
    return z, definite


@jax.custom_batching.sequential_vmap
def _forward_all(
    factor: Float[Array, "d d"], right: Float[Array, "d columns"]
) -> Float[Array, "d columns"]:
    """`factor`⁻¹ `right`, sequentially in a batch.

    On a CPU, XLA takes fifty times as long to solve such systems as a batch.
    """
    return triangular_solve(factor, right, left_side=True, lower=True)


def _by_scalars(diagonal: _Blocks, upper: _Blocks, right: _Rows) -> _Solution:
    """`solve` by scalar operations: fast, but the program has O(d³) of them."""
    d = right.shape[1]
    zero = jnp.zeros((), right.dtype)

    def eliminate(carry: _Parts, block: _Parts) -> tuple[_Parts, _Parts]:
        taken, moved, definite = carry
        own, coupling, b = block
        factor, positive = _cholesky(
            [[own[i][j] - taken[i][j] for j in range(d)] for i in range(d)]
        )
        w = _forward(factor, [b[i] - moved[i] for i in range(d)])
        # Rows of coupling' inv(factor)', one per component of the next block.
        across = [
            _forward(factor, [coupling[i][j] for i in range(d)]) for j in range(d)
        ]
        taken = [[_dot(across[i], across[j]) for j in range(d)] for i in range(d)]
        moved = [_dot(across[i], w) for i in range(d)]
        return (taken, moved, definite & positive), (factor, w, across)

    def substitute(following: _Vector, block: _Parts) -> tuple[_Vector, _Vector]:
        factor, w, across = block
        known = [
            w[i] - _dot([across[j][i] for j in range(d)], following) for i in range(d)
        ]
        z = _backward(factor, known)
        return z, z

    blocks = (_entries(diagonal), _entries(upper), [right[:, i] for i in range(d)])
    start = ([[zero] * d for _ in range(d)], [zero] * d, jnp.array(True))
    (_, _, definite), factors = jax.lax.scan(eliminate, start, blocks)
    _, z = jax.lax.scan(substitute, [zero] * d, factors, reverse=True)
    return jnp.stack(z, axis=-1), definite


def _entries(blocks: Float[Array, "n d d"]) -> list[list[Float[Array, " n"]]]:
    d = blocks.shape[1]
    return [[blocks[:, i, j] for j in range(d)] for i in range(d)]


def _dot(a: _Vector, b: _Vector) -> _Scalar:
    total = a[0] * b[0]
    for i in range(1, len(a)):
        total = total + a[i] * b[i]
    return total


def _cholesky(matrix: _Matrix) -> tuple[_Matrix, Bool[Array, ""]]:
    """Lower triangular factor, and whether all pivots are positive."""
    factor: _Matrix = []
    positive = jnp.array(True)
    for i, row in enumerate(matrix):
        new: _Vector = []
        for j in range(i):
            rest = row[j] - _dot(new, factor[j]) if j else row[j]
            new.append(rest / factor[j][j])
        pivot = row[i] - _dot(new, new) if i else row[i]
        positive = positive & (pivot > 0)
        new.append(jnp.sqrt(jnp.where(pivot > 0, pivot, 1.0)))
        factor.append(new)
    return factor, positive


def _forward(factor: _Matrix, b: _Vector) -> _Vector:
    out: _Vector = []
    for i, value in enumerate(b):
        rest = value - _dot(out, factor[i][:i]) if i else value
        out.append(rest / factor[i][i])
    return out


def _backward(factor: _Matrix, b: _Vector) -> _Vector:
    d = len(b)
    out: _Vector = []  # from the last component to the first
    for i in reversed(range(d)):
        rest = b[i]
        for k, value in zip(reversed(range(i + 1, d)), out, strict=True):
            rest = rest - factor[k][i] * value
        out.append(rest / factor[i][i])
    return out[::-1]
