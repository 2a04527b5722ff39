"""Densities of samples by a normalising flow, and the files that they are kept in."""

import io
import json
from pathlib import Path
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramax
from flowjax.bijections import BlockAutoregressiveNetwork, Invert
from flowjax.distributions import StandardNormal, Transformed
from flowjax.train import fit_to_data
from jaxtyping import Array, Float, PRNGKeyArray
from pydantic import Field, PositiveInt

from nlot.config.base import Part
from nlot.costs.densities import AbstractDensity
from nlot.costs.flow_parts import arrays_of, joined, split
from nlot.costs.kernel_density import as_samples
from nlot.measures.files import SampleError
from nlot.provenance.files import whole_file
from nlot.provenance.record import versions
from nlot.training.checkpoints import digest, serialised
from nlot.training.lbfgs import minimise

KIND, FORMAT = "flow", 1
# Hidden layers, and their width for each coordinate.
_DEPTH, _WIDTH = 2, 16
_RATE, _LARGEST_BATCH, _HELD_OUT = 5e-3, 256, 0.1
# Steps without progress after which a fit ends, and the most steps of one.
_PATIENCE, STEPS = 1500, 4000
# Samples from which the largest value is sought, and evaluations from each.
_CLIMBERS, _EVALUATIONS = 32, 200


class FlowDensity(AbstractDensity):
    r"""A flow y that carries samples to a standard Gaussian N.

    $\log ρ(x) = \log N(y(z)) + \log |\det ∂y/∂z|$, z = (x - centre)/scale, less its
    largest value, the `peak`. y is a block neural autoregressive flow (De Cao, Titov
    and Aziz, 2019), smooth unlike splines: paths need second derivatives. `weights` are
    its arrays; `centre` and `scale` have shape `(d,)`.
    """

    class Config(Part):
        """A normalising flow in a file that `FlowDensity.save` wrote."""

        kind: Literal["flow"]
        path: str = Field(
            min_length=1, description="the file, relative to the working directory"
        )
        dimension: PositiveInt = Field(2, description="number of coordinates")

        @property
        def files(self) -> tuple[str, ...]:
            return (self.path,)

        def build(self) -> "FlowDensity":
            """Raises `nlot.measures.files.SampleError` for an unusable file."""
            found = FlowDensity.read(self.path)
            if found.dimension != self.dimension:
                raise SampleError(
                    f"{self.path}: a density of dimension {found.dimension}; "
                    f"`dimension` is {self.dimension}"
                )
            return found

    weights: tuple[Array, ...]
    centre: Float[Array, " d"]
    scale: Float[Array, " d"]
    peak: Float[Array, ""]

    @classmethod
    def untrained(cls, dimension: int) -> "FlowDensity":
        """A density of the shapes of a fitted one."""
        zeros = jnp.zeros(dimension, jnp.float32)
        weights = arrays_of(_made, jax.random.key(0), dimension)
        return cls(weights, zeros, zeros + 1, zeros[0])

    @classmethod
    def fit(
        cls,
        points: Float[np.ndarray | Array, "n d"],
        seed: int = 0,
        steps: int = STEPS,
    ) -> "FlowDensity":
        """The flow under which samples are likeliest.

        A tenth of them is not trained on: the fit ends when these no longer become more
        likely, after at most about as many `steps`. It is a function of the arguments.

        Raises `ValueError` for samples that no density fits.
        """
        x = as_samples(points)
        scale = x.std(axis=0)
        if not scale.all():
            flat = int(np.flatnonzero(scale == 0)[0])
            raise ValueError(f"coordinate {flat} of all {len(x)} samples is the same")
        centre = x.mean(axis=0)
        # In single precision wherever it is called, as the weights of all networks.
        with jax.enable_x64(False):
            z = jnp.asarray((x - centre) / scale, jnp.float32)
            start, order = jax.random.split(jax.random.key(seed))
            fitted = _fitted(_flow(start, x.shape[1]), z, steps, order)
            weights = split(paramax.unwrap(fitted))[0]
            centre, scale = (
                jnp.asarray(centre, jnp.float32),
                jnp.asarray(scale, jnp.float32),
            )
            flow = cls(weights, centre, scale, jnp.zeros(()))
            best = z[jnp.argsort(-_logs(flow, z))[:_CLIMBERS]]
            return eqx.tree_at(lambda f: f.peak, flow, _highest(flow, best))

    @property
    def dimension(self) -> int:
        return len(self.centre)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        # Computed in the precision of x, and no other.
        parts = jax.tree.map(lambda a: a.astype(x.dtype), self)
        z = (x - parts.centre) / parts.scale
        return (parts.standard(z) - parts.peak).astype(x.dtype)

    def standard(self, z: Float[Array, " d"]) -> Float[Array, ""]:
        """Log density of standardised samples, whose integral is one."""
        return joined(self.weights, _made, self.dimension).log_prob(z)

    def save(self, path: str | Path) -> None:
        """Write the density to a file, which settings of kind `flow` name."""
        header = {
            "format": FORMAT,
            "kind": KIND,
            "dimension": self.dimension,
            "digest": digest(self),
            "versions": versions(),
        }
        content = json.dumps(header).encode() + b"\n" + serialised(self)
        with whole_file(path) as temporary:
            temporary.write_bytes(content)

    @classmethod
    def read(cls, path: str | Path) -> "FlowDensity":
        """The density in a file that `save` wrote.

        Raises `nlot.measures.files.SampleError` for any other file.
        """
        try:
            head, _, weights = Path(path).read_bytes().partition(b"\n")
        except OSError as error:
            raise SampleError(f"{path}: no such density file: {error}") from error
        try:
            header = json.loads(head)
            known = header["kind"], header["format"], header["dimension"]
        except (ValueError, KeyError, TypeError):
            raise SampleError(f"{path}: not a density: no JSON header") from None
        if known[:2] != (KIND, FORMAT):
            raise SampleError(
                f"{path}: expected kind {KIND!r} of format {FORMAT}, found "
                f"{known[0]!r} of format {known[1]}"
            )
        try:
            like = cls.untrained(known[2])
            found = eqx.tree_deserialise_leaves(io.BytesIO(weights), like)
        except (EOFError, OSError, RuntimeError, TypeError, ValueError) as error:
            raise SampleError(f"{path}: damaged weights: {error}") from error
        if digest(found) != header.get("digest"):
            raise SampleError(f"{path}: damaged weights: their hash is wrong")
        return found


def _flow(key: PRNGKeyArray, dimension: int) -> Transformed:
    """A flow with random weights."""
    normal: Any = StandardNormal
    network = BlockAutoregressiveNetwork(
        key, dim=dimension, depth=_DEPTH, block_dim=_WIDTH
    )
    return Transformed(normal((dimension,)), Invert(network))


def _made(key: PRNGKeyArray, dimension: int) -> Transformed:
    """A flow with random weights, normalised."""
    return paramax.unwrap(_flow(key, dimension))


def _fitted(
    flow: Transformed, z: Float[Array, "n d"], steps: int, key: PRNGKeyArray
) -> Transformed:
    batch = min(max(len(z) // 10, 4), _LARGEST_BATCH)
    # Steps of a pass through the samples; its last, incomplete batch is left out.
    each = max(int((1 - _HELD_OUT) * len(z)) // batch, 1)
    found, _ = fit_to_data(
        key,
        flow,
        z,
        # Constant, its noise would outweigh what more samples gain.
        optimizer=optax.adam(optax.cosine_decay_schedule(_RATE, steps)),
        max_epochs=-(-steps // each),
        max_patience=-(-_PATIENCE // each),
        batch_size=batch,
        val_prop=_HELD_OUT,
        show_progress=False,
    )
    return found


@eqx.filter_jit
def _logs(flow: FlowDensity, z: Float[Array, "n d"]) -> Float[Array, " n"]:
    return jax.vmap(flow.standard)(z)


@eqx.filter_jit
def _highest(flow: FlowDensity, z: Float[Array, "n d"]) -> Float[Array, ""]:
    """The largest log density on ascents from each of `z`."""

    def under(y: Array) -> Array:
        return -flow.standard(y)

    ends = minimise(under, z, tolerance=1e-6, max_steps=_EVALUATIONS).value
    # A line search that fails may end below its start.
    return jnp.max(_logs(flow, jnp.concatenate([z, ends])))
