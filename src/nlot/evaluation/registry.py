"""What can be measured: numbers by name, with what they need and how they are shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nlot.methods.capabilities import CAPABILITIES, capable

# Its value and sample size.
Value = tuple[float, int]
TRANSPORT, SEQUENCE = ("transport",), ("sequence",)


@dataclass(frozen=True)
class Measure:
    """A number of a run or control.

    **Attributes:**

    - `name`, `title` (may contain `{n}`, the sample size), `digits` after the point.
    - `needs`: capabilities of what is measured, and facts that a case knows
      (`nlot.evaluation.case`).
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

    Raises `ValueError` for a name that is taken.
    """
    if name in MEASURES:
        raise ValueError(f"measure {name!r} is registered already")
    MEASURES[name] = Measure(
        name, title, digits, frozenset(needs), problems, lower_is_better, note, of
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


def met(found: Measure, subject: Any, facts: Iterable[str]) -> bool:
    """Whether a run or control, and what is known of its problem, meet the needs."""
    known = set(facts)
    return all(
        capable(subject, need) if need in CAPABILITIES else need in known
        for need in found.needs
    )
