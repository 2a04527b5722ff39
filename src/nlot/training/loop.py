"""What the training of every method shares: optimisers, compiled chunks, history."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol, TypeVar, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, PRNGKeyArray, PyTree

from nlot.config.sections import OptimiserConfig
from nlot.training.progress import Reporter

State = TypeVar("State")
# What steps log: one array an entry, a scalar a step.
Log = Mapping[str, Array]
Step = Callable[[State, Any, PRNGKeyArray], tuple[State, Log]]


class DivergenceError(RuntimeError):
    """A run whose losses or weights stopped being finite."""


class Constant(eqx.Module):
    """An array of a model that no training changes.

    For numbers that come from the data: as static ones they would be part of the
    compiled program, and every seed would compile one of its own.
    """

    value: Array


def weights(model: PyTree) -> PyTree:
    """The inexact arrays of `model` outside of constants, None in place of all else."""
    # A constant is no array.
    return eqx.filter(
        model, eqx.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, Constant)
    )


# The same object for the same settings: programs that it is part of are compiled once.
@cache
def optimiser(config: OptimiserConfig, steps: int) -> optax.GradientTransformation:
    """AdamW with clipping and, where its final fraction is below 1, a cosine decay.

    **Arguments:** the settings, and the number of steps that the decay takes.
    """
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
    update: optax.GradientTransformation = eqx.field(static=True)

    @classmethod
    def start(cls, model: Any, config: OptimiserConfig, steps: int) -> "Trainee":
        """A model before its first step, of so many that its learning rate falls over.

        **Arguments:** a pytree whose `weights` are trained, and settings.
        """
        update = optimiser(config, steps)
        return cls(model, model, update.init(weights(model)), jnp.array(0), update)

    def descend(self, gradient: PyTree) -> "Trainee":
        """One optimiser step; `gradient` has the structure of `model`."""
        change, state = self.update.update(
            weights(gradient), self.optimiser, weights(self.model)
        )
        model = eqx.apply_updates(self.model, change)
        return Trainee(model, self.averaged, state, self.step, self.update)

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
        return Trainee(self.model, averaged, self.optimiser, self.step + 1, self.update)


@runtime_checkable
class Fit(Protocol):
    """Settings of a fit: how many steps of which optimiser."""

    @property
    def steps(self) -> int: ...

    @property
    def optimiser(self) -> OptimiserConfig: ...


def fit(
    loss: Callable[[Any, Any, PRNGKeyArray], tuple[Array, Log]],
    model: Any,
    settings: Fit,
    fixed: Any,
    key: PRNGKeyArray,
    *,
    phase: str,
    report: Reporter,
    decay: float = 0.0,
) -> Trainee:
    """Minimise a random loss of one model, a fresh draw a step.

    **Arguments:**

    - `loss(model, fixed, key) -> (value, log)`: the scalar whose gradient is followed,
      and scalars by name for the history. A function of a module, not one made for the
      call: see `iterate`.
    - `model`: a pytree, or a trainee that goes on with the optimiser that it has.
    - `settings`: the optimiser and the number of steps.
    - `fixed`, `phase`, `report`: as in `iterate`.
    - `key`: of the whole fit; a step draws with a key of its own, made from the number
      of steps before it.
    - `decay`: of the exponential average of the weights; 0: the last weights.

    **Returns:** the trainee after the last step. Raises `DivergenceError`.
    """
    steps = settings.steps
    if not isinstance(model, Trainee):
        model = Trainee.start(model, settings.optimiser, steps)
    given = (loss, fixed, decay)
    return iterate(_descent, model, given, key, phase=phase, steps=steps, report=report)


def _descent(trainee: Trainee, fixed: Any, key: PRNGKeyArray) -> tuple[Trainee, Log]:
    loss, given, decay = fixed
    draw = jax.random.fold_in(key, trainee.step)
    gradient, log = eqx.filter_grad(loss, has_aux=True)(trainee.model, given, draw)
    return trainee.descend(gradient).average(decay), log


def iterate(
    step: Step,
    state: State,
    fixed: Any,
    key: PRNGKeyArray,
    *,
    phase: str,
    steps: int,
    report: Reporter,
) -> State:
    """Take `steps` steps of training, compiled in chunks of `report.chunk`.

    **Arguments:**

    - `step(state, fixed, key) -> (state, log)`: one step, with scalars by name for the
      history. Programs are kept by this function, by the shapes of `state` and `fixed`,
      and by what they hold beside arrays: the same function with the same settings is
      not traced again, one made anew for each call would be.
    - `state`: a pytree of all that changes, the number of steps included.
    - `fixed`: a pytree of what stays as it is: arrays, and settings that can be hashed.
    - `key`: the same for all steps; a step makes its own from it.
    - `phase`: the name of this part of training in history and checkpoints.
    - `report`: is told of each chunk. Where it has checkpoints, the phase goes on from
      there.

    **Returns:** the state after the last step. Raises `DivergenceError`, with quantity
    and step, when a logged value is not finite, or a number in `state` after a chunk.
    """
    return run_chunks(
        lambda state, n: advance(step, state, fixed, key, n),
        state,
        phase=phase,
        steps=steps,
        chunk=report.chunk,
        report=report,
    )


@eqx.filter_jit
def advance(
    step: Step, state: State, fixed: Any, key: PRNGKeyArray, n: int
) -> tuple[State, Log]:
    """`n` steps of `step(state, fixed, key)` in one compiled scan, and their logs.

    Arguments are those of `iterate`; each entry of the log has `n` values.
    """
    arrays, static = eqx.partition(state, eqx.is_array)

    def body(arrays: State, _: None) -> tuple[State, Log]:
        state, log = step(eqx.combine(arrays, static), fixed, key)
        return eqx.filter(state, eqx.is_array), log

    arrays, logs = jax.lax.scan(body, arrays, None, length=n)
    return eqx.combine(arrays, static), logs


def run_chunks(
    advance: Callable[[State, int], tuple[State, Log]],
    state: State,
    *,
    phase: str,
    steps: int,
    chunk: int,
    report: Reporter,
) -> State:
    """Advance `state` by `steps` steps in chunks of at most `chunk`.

    For steps that one compiled scan cannot hold: all else is for `iterate`, whose
    arguments these are. `advance(state, n)` takes n steps and returns what each of them
    logged. A chunk becomes one record of `report.history`: the means of its logs.
    """
    history, done, kept = list[dict[str, Any]](), 0, report.checkpoints
    first = report.done
    if kept is not None:
        state, done, history = kept.restore(phase, state)
        if done > 0:
            report.resume(first + done)
    while done < steps:
        n = min(chunk, steps - done)
        state, logged = advance(state, n)
        values = {key: np.asarray(value) for key, value in logged.items()}
        fault = _fault(values, state, first + done, n)
        if fault:
            raise DivergenceError(f"{report.name}: {fault} (phase {phase})")
        done += n
        record = {key: float(series.mean()) for key, series in values.items()}
        history.append({"phase": phase, "step": first + done, **record})
        report(first + done, record)
        if kept is not None:
            kept.save(phase, state, done, history)
    if kept is not None:
        kept.close(phase, state, done, history)
    report.done += steps
    report.history += history
    return state


def _fault(
    logged: Mapping[str, np.ndarray], state: Any, first: int, n: int
) -> str | None:
    """What is not finite after `n` steps from `first` on; None where all is."""
    for key, series in logged.items():
        bad = np.flatnonzero(~np.isfinite(series))
        if bad.size:
            return f"{key} is {series[bad[0]]} at step {first + int(bad[0])}"
    # The last step's weights show in no loss.
    leaves = jax.tree.leaves(eqx.filter(state, eqx.is_inexact_array))
    if not all(np.isfinite(leaf).all() for leaf in leaves):
        return f"weights are not finite after step {first + n - 1}"
    return None
