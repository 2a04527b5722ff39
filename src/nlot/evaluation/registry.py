"""What can be measured: numbers by name, with what they need and how they are shown."""

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import pandas as pd

from nlot.methods.capabilities import CAPABILITIES

# Its value and sample size.
Value = tuple[float, int]
TRANSPORT, SEQUENCE = ("transport",), ("sequence",)
# What may be known of a problem; the floor has `images`, as all maps have.
FACTS = ("ground_truth", "closed_form", "true_metric", "grid", "held_out", "images")
# What tells rows apart, and what a derived one has beside.
KEY = ("problem", "method", "seed", "measure")
_DERIVED = [*KEY, "value", "n"]


@dataclass(frozen=True)
class Measure:
    """A number of a run or control.

    **Attributes:**

    - `name`, `title` (may contain `{n}`, the sample size), `digits` after the point.
    - `needs`: capabilities of what is measured, and facts that are known of its
      problem (`nlot.evaluation.case`).
    - `problems`: the kinds of problems that it is about.
    - `lower_is_better`, and `note`, a sentence for captions.
    - `of`: the function of a case; None for what is not measured of one.
    """

    name: str
    title: str
    digits: int
    _: KW_ONLY
    needs: Iterable[str] = ()
    problems: tuple[str, ...] = TRANSPORT
    lower_is_better: bool = True
    note: str = ""
    of: Callable[[Any], Value | None] | None = None


# In the order of tables.
MEASURES: dict[str, Measure] = {}
# Rows that follow from other rows, by what adds them.
DERIVED: list[Callable[[pd.DataFrame], pd.DataFrame]] = []


def describe(name: str, title: str, digits: int, **about: Any) -> None:
    """Register a measure; arguments are the attributes of `Measure`.

    Raises `ValueError` for a name that is taken, and for a need that nothing can meet.
    """
    found = Measure(name, title, digits, **about)
    valid = (*CAPABILITIES, *FACTS)
    for need in sorted(found.needs):
        if need not in valid:
            raise ValueError(f"measure {name!r} needs {need!r}; valid: {valid}")
    if name in MEASURES:
        raise ValueError(f"measure {name!r} is registered already")
    MEASURES[name] = found


def measure(
    name: str, title: str, digits: int, **about: Any
) -> Callable[[Callable], Callable]:
    """Registers the decorated function `(case) -> (value, n) | None` as a measure.

    Further arguments are those of `describe`. None stands for what cannot be measured.
    """

    def register(of: Callable[[Any], Value | None]) -> Callable:
        describe(name, title, digits, of=of, **about)
        return of

    return register


def derived(
    name: str, title: str, digits: int, **about: Any
) -> Callable[[Callable], Callable]:
    """Registers a measure that follows from others, further arguments as of `describe`.

    The decorated function takes tidy rows and returns some of them, with new values.
    """

    def register(of: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable:
        def add(rows: pd.DataFrame) -> pd.DataFrame:
            return of(rows).assign(measure=name)[_DERIVED]

        describe(name, title, digits, **about)
        DERIVED.append(add)
        return add

    return register


def facts(**known: Any) -> set[str]:
    """The names, of `FACTS`, of what is not None."""
    return {name for name, value in known.items() if value is not None}


# Variants of a run share this: none but the row of the method's own name has measures
# of it.
_SHARED = {"potential"}


def taken(kind: str, known: Iterable[str], variant: str = "") -> list[Measure]:
    """The measures, in order, whose needs are met on a kind of problem.

    **Arguments:** `known` are capabilities of a run or control, and facts; `variant` is
    the run's.
    """
    known = set(known) - (_SHARED if variant else set())
    if "map" in known:
        known.add("images")
    return [
        found
        for found in MEASURES.values()
        if found.of and kind in found.problems and known.issuperset(found.needs)
    ]
