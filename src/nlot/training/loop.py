"""What the training of every method shares: optimisers, compiled chunks, history."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, PRNGKeyArray, PyTree

from nlot.config import OptimiserConfig
from nlot.training.progress import Reporter
from nlot.training.trainable import weights

State = TypeVar("State")
Fixed = TypeVar("Fixed")
# What steps log: one array an entry, a scalar a step.
Log = Mapping[str, Array]


class DivergenceError(RuntimeError):
    """A run whose losses or weights stopped being finite."""


def optimiser(config: OptimiserConfig, steps: int) -> optax.GradientTransformation:
    """AdamW with clipping and, where its final fraction is below 1, a cosine decay."""
    schedule = optax.cosine_decay_schedule(
        config.learning_rate, max(steps, 1), alpha=config.final_fraction
    )
    adam = optax.adamw(
        schedule, b1=config.beta1, b2=config.beta2, weight_decay=config.weight_decay
    )
    if config.clip is None:
        return adam
    return optax.chain(optax.clip_by_global_norm(config.clip), adam)


class Trainee(eqx.Module):
    """A model in training: its average, its optimiser's state and number of steps."""

    model: Any
    averaged: Any
    optimiser: optax.OptState
    step: Array

    @classmethod
    def start(cls, model: Any, update: optax.GradientTransformation) -> "Trainee":
        """A model before its first step."""
        state = update.init(weights(model))
        return cls(model, model, state, jnp.array(0))

    def descend(
        self, update: optax.GradientTransformation, gradient: PyTree
    ) -> "Trainee":
        """One optimiser step."""
        change, optimiser = update.update(
            weights(gradient), self.optimiser, weights(self.model)
        )
        model = eqx.apply_updates(self.model, change)
        return Trainee(model, self.averaged, optimiser, self.step)

    def average(self, decay: float) -> "Trainee":
        """Count a step, and take the weights into their exponential average.

        The average's memory is shorter at first, so that it forgets the weights that
        training started from.
        """
        young = jnp.minimum(decay, (1 + self.step) / (10 + self.step))
        mixed = jax.tree.map(
            lambda m, w: young * m + (1 - young) * w,
            weights(self.averaged),
            weights(self.model),
        )
        averaged = eqx.combine(mixed, self.averaged)
        return Trainee(self.model, averaged, self.optimiser, self.step + 1)


def compiled(
    step: Callable[[State, Fixed, PRNGKeyArray], tuple[State, Log]],
    fixed: Fixed,
    key: PRNGKeyArray,
) -> Callable[[State, int], tuple[State, Log]]:
    """`advance(state, n)`: n steps of `step(state, fixed, key)` as one compiled scan.

    What differs between seeds goes in by these three: an array that `step` closed over
    would be a constant of the program, and every seed would compile one of its own.
    """

    @eqx.filter_jit
    def scan(
        state: State, fixed: Fixed, key: PRNGKeyArray, n: int
    ) -> tuple[State, Log]:
        arrays, static = eqx.partition(state, eqx.is_array)

        def body(arrays: State, _: None) -> tuple[State, Log]:
            state, log = step(eqx.combine(arrays, static), fixed, key)
            return eqx.filter(state, eqx.is_array), log

        arrays, logs = jax.lax.scan(body, arrays, None, length=n)
        return eqx.combine(arrays, static), logs

    return lambda state, n: scan(state, fixed, key, n)


def run_chunks(
    advance: Callable[[State, int], tuple[State, Log]],
    state: State,
    *,
    phase: str,
    steps: int,
    chunk: int,
    report: Reporter,
    offset: int = 0,
) -> tuple[State, list[dict[str, Any]]]:
    """Advance `state` by `steps` steps in compiled chunks of at most `chunk`.

    `advance(state, n)` runs n steps and returns what each of them logged. Where
    `report` has checkpoints, the phase goes on from there, and is kept after a chunk.
    Returns the final state and one history record a chunk: the means of what was
    logged.

    Raises `DivergenceError`, naming quantity and step, when a logged value is not
    finite, or a number in `state` after a chunk.
    """
    history, done, kept = list[dict[str, Any]](), 0, report.checkpoints
    if kept is not None:
        state, done, history = kept.restore(phase, state)
        if done > 0:
            report.resume(offset + done)
    while done < steps:
        n = min(chunk, steps - done)
        state, logged = advance(state, n)
        values = {key: np.asarray(value) for key, value in logged.items()}
        where = f"(phase {phase})"
        _check_logs(report.name, values, offset + done, where)
        done += n
        _check_weights(report.name, state, offset + done - 1, where)
        record = {key: float(series.mean()) for key, series in values.items()}
        history.append({"phase": phase, "step": offset + done, **record})
        report(offset + done, record)
        if kept is not None:
            kept.save(phase, state, done, history)
    if kept is not None:
        kept.close(phase, state, done, history)
    return state, history


def _check_logs(
    name: str, logged: Mapping[str, np.ndarray], first: int, where: str
) -> None:
    for key, series in logged.items():
        bad = np.flatnonzero(~np.isfinite(series))
        if bad.size:
            raise DivergenceError(
                f"{name}: {key} is {series[bad[0]]} at step {first + int(bad[0])} "
                f"{where}"
            )


def _check_weights(name: str, state: Any, last: int, where: str) -> None:
    """The last step's weights show in no loss."""
    for leaf in jax.tree.leaves(eqx.filter(state, eqx.is_inexact_array)):
        if not np.isfinite(leaf).all():
            raise DivergenceError(
                f"{name}: weights are not finite after step {last} {where}"
            )
