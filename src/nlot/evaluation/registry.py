"""What can be measured: numbers by name, with what they need and how they are shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nlot.methods.capabilities import CAPABILITIES

# Its value and sample size.
Value = tuple[float, int]
TRANSPORT, SEQUENCE = ("transport",), ("sequence",)
# What may be known of a problem; the floor has `images`, as all maps have.
FACTS = ("ground_truth", "closed_form", "true_metric", "grid", "held_out", "images")


@dataclass(frozen=True)
class Measure:
    """A number of a run or control.

    **Attributes:**

    - `name`, `title` (may contain `{n}`, the sample size), `digits` after the point.
    - `needs`: capabilities of what is measured, and facts that are known of its
      problem (`nlot.evaluation.case`).
    - `problems`: the kinds of problems that it is about.
    - `lower_is_better`, and `note`, a sentence for captions.
    - `of`: the function of a case; None for a measure derived from others.
    """

    name: str
    title: str
    digits: int
    needs: frozenset[str]
    problems: tuple[str, ...]
    lower_is_better: bool
    note: str
    of: Callable[[Any], Value | None] | None


# In the order of tables.
MEASURES: dict[str, Measure] = {}
# Rows that follow from other rows, by what adds them.
DERIVED: list[Callable[[pd.DataFrame], pd.DataFrame]] = []


def describe(
    name: str,
    title: str,
    digits: int,
    *,
    needs: Iterable[str] = (),
    problems: tuple[str, ...] = TRANSPORT,
    lower_is_better: bool = True,
    note: str = "",
    of: Callable[[Any], Value | None] | None = None,
) -> None:
    """Register a measure; arguments are the attributes of `Measure`.

    Raises `ValueError` for a name that is taken, and for a need that nothing can meet.
    """
    valid = (*CAPABILITIES, *FACTS)
    wanted = frozenset(needs)
    for need in sorted(wanted):
        if need not in valid:
            raise ValueError(f"measure {name!r} needs {need!r}; valid: {valid}")
    if name in MEASURES:
        raise ValueError(f"measure {name!r} is registered already")
    MEASURES[name] = Measure(
        name, title, digits, wanted, problems, lower_is_better, note, of
    )


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


def derived(add: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable:
    """Registers a function of tidy rows that gives further ones."""
    DERIVED.append(add)
    return add


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
        if found.of and kind in found.problems and found.needs <= known
    ]
