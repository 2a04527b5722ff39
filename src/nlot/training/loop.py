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
# What steps log: one array per entry, one scalar per step.
Log = Mapping[str, Array]
Step = Callable[[State, Any, PRNGKeyArray], tuple[State, Log]]


class DivergenceError(RuntimeError):
    """A run whose losses or weights stopped being finite."""


class Constant(eqx.Module):
    """An array of a model that training does not change.

    For numbers that come from the data: as static fields they would be part of the
    compiled program, and every seed would compile its own.
    """

    value: Array


def weights(model: PyTree) -> PyTree:
    """The inexact arrays of `model` outside of constants; None for everything else."""
    # A constant is no array.
    return eqx.filter(
        model, eqx.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, Constant)
    )


# Cached: equal settings give the same object, so that programs are compiled once.
@cache
def optimiser(config: OptimiserConfig, steps: int) -> optax.GradientTransformation:
    """AdamW with clipping and, if its final fraction is below 1, a cosine decay.

    **Arguments:** the settings, and the number of steps of the decay.
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
    """A model in training, with its average, optimiser state and number of steps."""

    model: Any
    averaged: Any
    optimiser: optax.OptState
    step: Array
    update: optax.GradientTransformation = eqx.field(static=True)

    @classmethod
    def start(cls, model: Any, config: OptimiserConfig, steps: int) -> "Trainee":
        """A model before its first step.

        **Arguments:** a pytree whose `weights` are trained; its optimiser's settings,
        and the number of steps over which the learning rate falls.
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
        """Count a step, and update the exponential average of the weights.

        The average's memory is shorter at first, so that it forgets initial weights.
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
    """Settings of a fit: the number of steps, and the optimiser."""

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
    """Minimise a stochastic loss of one model, with a fresh draw at each step.

    **Arguments:**

    - `loss(model, fixed, key) -> (value, log)`: the scalar to minimise, and named
      scalars for the history. A module-level function, not a closure: see `iterate`.
    - `model`: a pytree, or a trainee that continues with its own optimiser.
    - `settings`: the optimiser and the number of steps.
    - `fixed`, `phase`, `report`: as in `iterate`.
    - `key`: of the whole fit; each step derives its own from the number of steps
      before it.
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

    - `step(state, fixed, key) -> (state, log)`: one step, with named scalars for the
      history. Compiled programs are cached by this function, the shapes of `state` and
      `fixed`, and their static parts: pass the same function each time, as a closure
      made for one call would be traced again.
    - `state`: a pytree of all that changes, including the number of steps.
    - `fixed`: a pytree of what does not change: arrays, and hashable settings.
    - `key`: the same for all steps; each step derives its own from it.
    - `phase`: the name of this part of training in history and checkpoints.
    - `report`: called after each chunk. The phase resumes from its checkpoints, if any.

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

    For steps that cannot run in one compiled scan; otherwise use `iterate`, which has
    the same arguments. `advance(state, n)` takes n steps and returns what each of them
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
    """Says what is not finite after `n` steps from `first` on; None if all is."""
    for key, series in logged.items():
        bad = np.flatnonzero(~np.isfinite(series))
        if bad.size:
            return f"{key} is {series[bad[0]]} at step {first + int(bad[0])}"
    # No loss depends on the last step's weights.
    leaves = jax.tree.leaves(eqx.filter(state, eqx.is_inexact_array))
    if not all(np.isfinite(leaf).all() for leaf in leaves):
        return f"weights are not finite after step {first + n - 1}"
    return None
