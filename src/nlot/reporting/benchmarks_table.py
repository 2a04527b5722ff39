"""How long steps and solves take, as a table of what `make bench` measured."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nlot.reporting.layout import ABSENT, Block, Row, Table, numbers

# Of a group, what its seconds are of.
_TITLES = {
    "step": "A whole training step",
    "solve": "A single solve, in a batch",
    "batch": "A step, by samples of the batch",
    "dimension": "A step, by dimension",
    "pairs": "A step, by pairs of measures",
    "seeds": "A step, by seeds in one program",
}
_COLUMNS = ("seconds", "from – to", "growth over linear", "compilation, s", "peak, MB")
_SHOWN = ("seconds", "growth", "compile_seconds", "peak_mb")
_CAPTION = (
    "Median seconds, on one core where the device is cpu, and the least and the most; "
    "each case in a process of its own, so that its time of compilation and its peak "
    "memory are its own. Growth over linear: seconds per unit of size, over those of "
    "the smallest size in the group; 1 is linear growth, less is slower growth. "
    "Circle: 25 clouds of 100 points, 24 pairs."
)


def benchmarks_table(found: pd.DataFrame, provenance: str = "") -> Table:
    """A row a case; `found` is the table that `python -m benchmarks` writes."""
    blocks, parts = [], []
    for group, cases in found.groupby("group", sort=False):
        cases = cases.assign(growth=_growth(cases), label=_labels(cases))
        rows = tuple(
            Row(str(case["label"]), "1", _cells(case))
            for case in cases.to_dict("records")
        )
        blocks.append(Block(_TITLES.get(str(group), str(group)), rows))
        parts.append(numbers(cases, _SHOWN, label="method"))
    data = pd.concat(parts, ignore_index=True)
    return Table("benchmarks", _CAPTION, _COLUMNS, tuple(blocks), data, provenance)


def _growth(cases: pd.DataFrame) -> pd.Series:
    """Seconds per unit of size, over those of the smallest; NaN without sizes."""
    each = cases["seconds"] / cases["size"].astype(float)
    smallest = cases["size"].astype(float).fillna(0).to_numpy().argmin()
    return each / each.iloc[smallest]


def _labels(cases: pd.DataFrame) -> list[str]:
    return [
        str(name) if pd.isna(size) else f"{name}, {int(size)}"
        for name, size in zip(cases["case"], cases["size"], strict=True)
    ]


def _cells(case: Mapping[Hashable, Any]) -> tuple[str, ...]:
    growth = case["growth"]
    return (
        f"{case['seconds']:.3g}",
        f"{case['low']:.3g} {ABSENT} {case['high']:.3g}",
        ABSENT if math.isnan(growth) else f"{growth:.2f}",
        f"{case['compile_seconds']:.1f}",
        f"{case['peak_mb']:.0f}",
    )
