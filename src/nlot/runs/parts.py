"""Parts of a problem from what Python users have: arrays, functions, objects."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
import pandas as pd
import pydantic

from nlot.config.base import Part
from nlot.config.errors import describe
from nlot.config.given import Given
from nlot.config.kinds import KINDS, settings_class
from nlot.costs.lagrangians import AbstractLagrangian
from nlot.costs.own import OwnLagrangian, takes
from nlot.measures.distributions import AbstractMeasure
from nlot.measures.domains import AbstractDomain
from nlot.measures.empirical import Empirical
from nlot.measures.files import check_number
from nlot.measures.tables import real_numbers
from nlot.provenance.functions import function_hash

_KINDS = dict.fromkeys(("source", "target", "samples", "clouds"), "measure")


def as_part(name: str, value: Any, weights: Any = None, held_out: float = 0.0) -> Part:
    """Settings that stand for a part of a problem.

    **Arguments:** `name`, "source", "target", "lagrangian" or "domain"; settings as a
    mapping with a `kind`, or an object: for a measure samples of shape (n, d), an array
    or a data frame of numbers, for a Lagrangian a function L(x, v). Samples may have
    weights, and a share of them is held out.

    Raises `ValueError` for anything else, and for unusable samples.
    """
    if isinstance(value, Part):
        return value
    if name == "lagrangian" and value is None:
        value = {"kind": "newtonian"}
    if _KINDS.get(name.partition("[")[0]) == "measure":
        if isinstance(value, Mapping | AbstractMeasure) and weights is not None:
            raise ValueError(f"weights: {name} is no array; give them with it")
        if isinstance(value, Mapping):
            ours = {"held_out": held_out} if value.get("kind") == "samples" else {}
            return _settings(name, {**ours, **value})
        made: Any = _measure(name, value, weights, held_out)
        return Given.of(made, value, len(made.mean), function_hash(value))
    if isinstance(value, Mapping):
        return _settings(name, value)
    built = _MAKERS[name](name, value)
    dimension = getattr(built, "dimension", None)
    return Given.of(built, value, dimension, function_hash(value))


def _settings(name: str, value: Mapping[str, Any]) -> Part:
    what = _KINDS.get(name.partition("[")[0], name)
    if "kind" not in value:
        raise ValueError(
            f"{name}: no key 'kind'; valid kinds: {', '.join(KINDS[what])}"
        )
    try:
        return settings_class(what, str(value["kind"])).model_validate(value)
    except pydantic.ValidationError as error:
        raise ValueError(describe(error, name)) from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _measure(name: str, value: Any, weights: Any, held_out: float) -> AbstractMeasure:
    if isinstance(value, AbstractMeasure):
        return value
    if not isinstance(value, np.ndarray | jax.Array | list | tuple) and not hasattr(
        value, "__array__"
    ):
        raise ValueError(
            f"{name}: expected samples of shape (n, d), a measure, or settings, as "
            "{'kind': 'samples', 'path': 'before.npz'}, found "
            f"{type(value).__name__}"
        )
    points = _samples(name, value)
    try:
        check_number(points)
        given = None if weights is None else np.asarray(weights, np.float64)
        found = Empirical(points, given, part_held_out=held_out)
        check_number(found.training.exact, "samples to train on")
        return found
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _samples(name: str, value: Any) -> np.ndarray:
    """Finite samples of shape (n, d); raises `ValueError` for others."""
    if isinstance(value, np.ma.MaskedArray) and value.mask.any():
        raise ValueError(f"{name}: some samples are masked; give the others alone")
    try:
        points = (
            real_numbers(value, "as in table[['x', 'y']]")
            if isinstance(value, pd.DataFrame)
            else np.asarray(value)
        )
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if points.dtype.kind not in "iuf" or points.ndim != 2:
        hint = "; in one dimension it is (n, 1)" if points.ndim == 1 else ""
        raise ValueError(
            f"{name}: expected numbers of shape (n, d), found {points.dtype} of shape "
            f"{points.shape}{hint}"
        )
    # Networks compute in single precision.
    with np.errstate(over="ignore"):
        finite = np.isfinite(points.astype(np.float32)).all(axis=1)
    bad = np.flatnonzero(~finite)
    if bad.size:
        raise ValueError(
            f"{name}: {bad.size} samples are not finite in single precision, the first "
            f"in row {bad[0]}"
        )
    return points


def _lagrangian(name: str, value: Any) -> AbstractLagrangian:
    if isinstance(value, AbstractLagrangian):
        return value
    if not callable(value):
        raise ValueError(
            f"{name}: expected a function L(x, v), a Lagrangian, or settings with a "
            f"kind, found {type(value).__name__}"
        )
    if not (takes(value, 2) or takes(value, 3)):
        raise ValueError(
            f"{name}: expected a function of position and velocity, L(x, v), or of "
            f"time, too, L(x, v, t), found one of {inspect.signature(value)}"
        )
    return OwnLagrangian(value)


def _domain(name: str, value: Any) -> AbstractDomain:
    if not isinstance(value, AbstractDomain):
        raise ValueError(
            f"{name}: expected a Box, a Ball, or settings with a kind, found "
            f"{type(value).__name__}"
        )
    return value


_MAKERS: dict[str, Callable[[str, Any], Any]] = {
    "lagrangian": _lagrangian,
    "domain": _domain,
}
