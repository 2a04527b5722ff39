"""The registry of measures: what they need, and how tables show them."""

from collections.abc import Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Any

import pandas as pd

from nlot.methods.capabilities import CAPABILITIES

# The value of a measure, and its sample size.
Value = tuple[float, int]
TRANSPORT, SEQUENCE = ("transport",), ("sequence",)
COLLECTION, GEODESICS, PAIRS = ("collection",), ("geodesics",), ("pairs",)
# What may be known about a problem. All maps and the floor have `images`; what predicts
# positions at any time, and some controls, have a `population` at held-out times. The
# target may be a `turned` copy of the source, and a `matching` of samples known. Beside
# the optimal map, costs may have a closed form: `known_costs`, if the settings ask for
# them. Runs whose map was looked at after training are `checked`
# (`nlot.runs.diagnosis`). Motion may have to stay on a `surface`. Samples in time may
# have `velocities`. Where a `density` is high, motion is cheap. Of samples, `pairs` may
# exist and be `known_pairs` to methods; `new_pairs` are held out, and optimal for a
# `true_cost`.
FACTS = (
    "ground_truth",
    "closed_form",
    "known_costs",
    "matching",
    "turned",
    "least_actions",
    "true_metric",
    "grid",
    "held_out",
    "held_out_times",
    "velocities",
    "images",
    "population",
    "checked",
    "surface",
    "labels",
    "density",
    "pairs",
    "known_pairs",
    "new_pairs",
    "true_cost",
)
# Between the name of a measure and the entry that a row is about.
_OF = "@"
# The columns that identify a row, and all columns of a derived one.
KEY = ("problem", "method", "seed", "measure")
_DERIVED = [*KEY, "value", "n"]


@dataclass(frozen=True)
class Measure:
    """A number of a run or control.

    **Attributes:**

    - `name`, `title` (may contain `{n}`, the sample size, and `{entry}`, a space and
      the entry if there are several, see `per`), `digits` after the point.
    - `needs`: capabilities of what is measured, and facts that must be known about its
      problem (`nlot.evaluation.cases`).
    - `problems`: the kinds of problems that it applies to.
    - `lower_is_better`, and `note`, a sentence for captions.
    - `per`: a key of the problem's settings, for each of whose entries there is a row
      of its own, `name@entry`; a single entry's is called `name`, so that tables show
      problems with one entry each side by side.
    - `of`: the function of a case, and of an entry if there are several; None for
      measures that are not computed from one.
    """

    name: str
    title: str
    digits: int
    _: KW_ONLY
    needs: Iterable[str] = ()
    problems: tuple[str, ...] = TRANSPORT
    lower_is_better: bool = True
    note: str = ""
    per: str = ""
    of: Callable[..., Value | None] | None = None

    def rows(self, settings: Any) -> dict[str, tuple]:
        """The names of its rows for a problem, and what `of` takes after the case."""
        entries = getattr(settings, self.per) if self.per else ()
        if len(entries) < 2:
            return {self.name: tuple(entries)}
        return {_OF.join([self.name, _plain(entry)]): (entry,) for entry in entries}


def _plain(entry: Any) -> str:
    return str(entry).removesuffix(".0")


# In the order of tables.
MEASURES: dict[str, Measure] = {}
# Functions that derive rows from other rows.
DERIVED: list[Callable[[pd.DataFrame], pd.DataFrame]] = []


def split(row: str) -> tuple[str, str]:
    """The measure that the name of a row stands for, and the entry if it has one."""
    name, _, entry = row.partition(_OF)
    return name, entry


def describe(name: str, title: str, digits: int, **about: Any) -> None:
    """Register a measure; arguments are the attributes of `Measure`.

    Raises `ValueError` for a name that is taken, and for an unknown need.
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

    With `per` it is `(case, entry) -> (value, n) | None`. Further arguments are those
    of `describe`. It returns None if it cannot be measured.
    """

    def register(of: Callable[[Any], Value | None]) -> Callable:
        describe(name, title, digits, of=of, **about)
        return of

    return register


def derived(
    name: str, title: str, digits: int, **about: Any
) -> Callable[[Callable], Callable]:
    """Registers a measure derived from others; arguments are those of `describe`.

    The decorated function takes tidy rows and returns some of them, with new values.
    """

    def register(of: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable:
        def add(rows: pd.DataFrame) -> pd.DataFrame:
            return of(rows).assign(measure=name)[_DERIVED]

        describe(name, title, digits, **about)
        DERIVED.append(add)
        return add

    return register


def less(rows: pd.DataFrame, measure: str, control: str) -> pd.DataFrame:
    """A measure minus that of a control for the same problem, seed and draws.

    **Arguments:** tidy rows, and the names of both. **Returns:** the rows of all other
    methods, with the differences as values.
    """
    rows = rows[rows["measure"] == measure]
    known = rows.loc[rows["method"] == control, ["problem", "seed", "value"]]
    paired = rows[rows["method"] != control].merge(
        known,
        on=["problem", "seed"],
        suffixes=("", "_control"),
        validate="many_to_one",
    )
    return paired.assign(value=paired["value"] - paired["value_control"])


def facts(**known: Any) -> set[str]:
    """The names, from `FACTS`, of what is not None."""
    return {name for name, value in known.items() if value is not None}


# What variants of a run share: it is only measured for the first of them.
_SHARED = {"potential", "checked", "match"}


def taken(kind: str, known: Iterable[str], first: bool = True) -> list[Measure]:
    """The measures, in order, whose needs are met on a kind of problem.

    **Arguments:** `known` are capabilities of a run or control, and facts; `first`,
    whether it is the first variant of the run.
    """
    known = set(known) - (set() if first else _SHARED)
    if "map" in known:
        known.add("images")
    if "at" in known:
        known.add("population")
    return [
        found
        for found in MEASURES.values()
        if found.of and kind in found.problems and known.issuperset(found.needs)
    ]
