"""Solves a problem given as arrays and functions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic
import yaml

from nlot.config.base import Seed, merge
from nlot.config.errors import describe, unknown
from nlot.config.given import Given
from nlot.config.kinds import KINDS, settings_class
from nlot.config.presets import DEFAULTS
from nlot.config.sections import MethodConfig, ProblemConfig
from nlot.measures.distributions import AbstractMeasure
from nlot.measures.sequences import check_motion, increasing_times
from nlot.problems.sequence import MeasuresInTime, Sequence
from nlot.problems.transport import Transport
from nlot.provenance.fingerprints import fingerprint
from nlot.runs.code import method_modules
from nlot.runs.job import train_loaded
from nlot.runs.parts import as_part

_AUTO = "auto"
# What it tries, in order.
_TRIED = ("nlot_plus", "nlot")


def solve(
    source: Any,
    target: Any,
    lagrangian: Any = None,
    *,
    method: str = "auto",
    settings: dict[str, Any] | None = None,
    seed: int = 0,
    horizon: float = 1.0,
    domain: Any = None,
    weights: tuple[Any, Any] = (None, None),
    held_out: float = 0.2,
    folder: str | Path | None = None,
) -> Any:
    """Find the optimal transport map between two measures, and its paths.

    The cost from x to y is the least action of any path between them, the integral of
    L(x, v) over times from 0 to `horizon`.

    **Arguments:**

    - `source`, `target`: samples of shape (n, d) in any units, or measures
      (`nlot.measures.distributions`), or settings with a `kind` as in presets.
    - `lagrangian`: a function L(x, v) of a position and a velocity of shape (d,), or
      L(x, v, t) of the time, too, which JAX can trace, convex in v; a Lagrangian such
      as `nlot.Newtonian(U)`; or settings. None: |v|²/2.
    - `method`: a kind of method, or "auto": `nlot_plus`, and where its own checks find
      something wrong also `nlot`, of which the better one is returned. `settings`: what
      of the default settings of a method to change.
    - `seed`: of the networks' initial weights and all draws.
    - `horizon`: T, the duration of a path.
    - `domain`: a region that transported points are confined to, a `nlot.Box` or
      `nlot.Ball`. None: a box round both measures.
    - `weights`: of the source's and the target's samples. None: equal.
    - `held_out`: the share of given samples that is not trained on, and on which the
      run is checked (`run.diagnostics`).
    - `folder`: where the run and its checkpoints are written, as by `nlot.train`. None:
      nothing is written.

    **Returns:** the trained run, with the capabilities of its method
    (`nlot.methods.capabilities`).

    Raises `ValueError` for input that cannot be used, before training starts, and
    `nlot.training.loop.DivergenceError` if a loss stops being finite.
    """
    _check_shares(weights, held_out)
    check_columns(source, target)
    given = problem_of(
        Transport.Config,
        kind="transport",
        source=as_part("source", source, weights[0], held_out),
        target=as_part("target", target, weights[1], held_out),
        lagrangian=as_part("lagrangian", lagrangian),
        domain=None if domain is None else as_part("domain", domain),
        horizon=horizon,
    )
    if method != _AUTO:
        return train_given(given, method, settings, seed, folder)
    if settings:
        raise ValueError('settings: name their method; found method="auto"')
    runs = []
    for kind in _TRIED:
        part = None if folder is None else Path(folder, kind)
        runs.append(train_given(given, kind, None, seed, part))
        if runs[-1].diagnostics.converged:
            break
    best = min(runs, key=lambda run: run.diagnostics.shortfall)
    if folder is not None:
        best.save(folder)
    return best


def learn_metric(
    samples: Any,
    times: Any = None,
    *,
    method: str = "metric_nlot_plus",
    settings: dict[str, Any] | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
) -> Any:
    """Learn the metric along which measures move, and maps between them.

    **Arguments:** `samples`, one array of shape (n, d) for each time, in order; n may
    differ. `times`, as many increasing numbers in any unit; None: 0, 1, 2, ... The
    others are as those of `solve`.

    **Returns:** the trained run, with the capabilities of its method
    (`nlot.methods.capabilities`).

    Raises as `solve`.
    """
    clouds = as_clouds("samples", samples, "time")
    at = increasing_times(times, len(clouds))
    check_motion(at, clouds)
    sequence = Sequence.of(clouds, at)
    data = Given.of(sequence, dimension=sequence.dimension)
    given = problem_of(MeasuresInTime.Config, kind="sequence", data=data)
    return train_given(given, method, settings, seed, folder)


def as_clouds(name: str, samples: Any, each: str) -> list[np.ndarray]:
    """Arrays of shape (n, d), one for each time or cloud.

    **Arguments:** the name of the argument, what was given for it, and the word for
    what has an array. Raises `ValueError` for anything but two or more arrays of one
    dimension with samples that can be used.
    """
    one = isinstance(samples, str | Mapping | pd.DataFrame)
    if one or getattr(samples, "ndim", 3) != 3:
        raise ValueError(
            f"{name}: expected a list of arrays of shape (n, d), one for each {each}, "
            f"found {type(samples).__name__}"
        )
    samples = list(samples)
    for k, given in enumerate(samples):
        if isinstance(given, Mapping | AbstractMeasure):
            raise ValueError(
                f"{name}[{k}]: expected an array of shape (n, d), found "
                f"{type(given).__name__}"
            )
    parts: list[Any] = [as_part(f"{name}[{k}]", s) for k, s in enumerate(samples)]
    if len(parts) < 2:
        raise ValueError(f"{name}: found {len(parts)} {each}s; at least 2 are needed")
    for k, (part, given) in enumerate(zip(parts, samples, strict=True)):
        if part.dimension != parts[0].dimension:
            raise ValueError(
                f"{name}[{k}] has dimension {part.dimension}, {name}[0] has "
                f"{parts[0].dimension}"
            )
        check_columns(samples[0], given, f"{name}[{k}]")
    return [part.build().exact for part in parts]


def _check_shares(weights: Any, held_out: Any) -> None:
    if not isinstance(weights, tuple | list) or len(weights) != 2:
        raise ValueError(
            "weights: expected a pair, those of the source's and of the target's "
            f"samples, found {type(weights).__name__}"
        )
    if not isinstance(held_out, int | float) or not 0 <= held_out < 1:
        raise ValueError(f"held_out: expected a share from 0 to 1, found {held_out!r}")


def check_columns(first: Any, second: Any, name: str = "target") -> None:
    """Raise `ValueError` for data frames whose coordinates are not the same."""
    if isinstance(first, pd.DataFrame) and isinstance(second, pd.DataFrame):
        found, other = list(first.columns), list(second.columns)
        if found != other:
            raise ValueError(
                f"{name}: has the columns {other}, others have {found}; choose and "
                "order them alike"
            )


def _seed(seed: Any) -> int:
    try:
        return pydantic.TypeAdapter(Seed).validate_python(seed)
    except pydantic.ValidationError as error:
        raise ValueError(describe(error, "seed")) from None


def problem_of(settings: type[ProblemConfig], **parts: Any) -> ProblemConfig:
    """Settings of a problem from its parts; raises `ValueError` if they do not fit."""
    try:
        return settings.model_validate(parts)
    except pydantic.ValidationError as error:
        raise ValueError(describe(error)) from None


def train_given(
    given: ProblemConfig,
    method: str,
    changes: dict[str, Any] | None,
    seed: int,
    folder: str | Path | None,
) -> Any:
    """Train a kind of method, with changes of its default settings, on a problem.

    Raises as `solve`.
    """
    settings: Any = {kind: settings_class("method", kind) for kind in KINDS["method"]}
    able = [kind for kind in settings if given.kind in settings[kind].problems]
    if method not in able:
        valid = [_AUTO, *able] if given.kind == "transport" else able
        raise ValueError(f"method: {unknown('', method, valid)}")
    config = method_of(method, {} if changes is None else changes)
    seed = _seed(seed)
    loaded = given.load()
    reason = config.refuses(given) or config.refuses_data(loaded)
    if reason:
        raise ValueError(f"{method}: {reason}")
    code = fingerprint("nlot.runs.job", *method_modules(config, "train"))
    return train_loaded(
        loaded,
        given,
        config,
        seed,
        names=("problem", method),
        code=code,
        folder=folder,
    )


def method_of(kind: str, changes: dict[str, Any]) -> MethodConfig:
    """The default settings of a kind of method, with changes.

    Raises `ValueError` if they do not fit.
    """
    if not isinstance(changes, Mapping):
        raise ValueError(
            "settings: expected a mapping of keys, as {'polish': {'rounds': 20}}, "
            f"found {changes!r}"
        )
    defaults = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))["methods"]
    settings: Any = settings_class("method", kind)
    try:
        return settings.model_validate(merge(defaults.get(kind, {}), changes))
    except pydantic.ValidationError as error:
        raise ValueError(describe(error, "settings")) from None
