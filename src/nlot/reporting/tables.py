"""The tables that a preset asks for, made from tidy rows."""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from nlot import papers
from nlot.config import Experiment, TableConfig
from nlot.evaluation import CONTROLS, MEASURES
from nlot.evaluation.registry import split
from nlot.reporting.labels import measure_title, row_label
from nlot.reporting.summary import MEASURED, check_rows, published_summary, summarise
from nlot.reporting.table import ABSENT, Table, cell, in_print
from nlot.reporting.truth_tables import bounds_table


def table(rows: pd.DataFrame, name: str, experiment: Experiment) -> Table:
    """A table of `experiment.tables`.

    **Arguments:** `rows` are the tidy rows of a preset, from which the entry selects;
    `name` is the entry's.

    **Returns:** one block per measure with the entry's methods, controls and printed
    rows; one column per problem; cells are mean ± sample standard deviation over seeds.

    Raises `nlot.reporting.summary.RowsError` if `rows` lack any that the entry needs.
    """
    entry = experiment.tables[name]
    asked = (*experiment.rows(entry.methods), *entry.controls)
    rows = rows[
        rows["problem"].isin(entry.problems)
        & rows["method"].isin({*asked, "floor", "reference"})
        & rows["seed"].isin(experiment.seeds_of(entry))
    ]
    check_rows(rows, entry, experiment)
    if entry.kind == "bounds":
        return bounds_table(rows, name, experiment)
    summary = summarise(rows)
    summary = summary[summary["method"].isin(asked)]
    if entry.published:
        summary = pd.concat([summary, published_summary(entry)], ignore_index=True)
    order = _ordered(summary["measure"], entry.measures)
    numbers = ["mean", "sd", "decimals"]
    summary["cell"] = [cell(*x) for x in summary[numbers].to_numpy(float)]
    groups = list(_groups(summary, asked, order))
    data = pd.concat([group for _, group in groups] or [summary[:0]], ignore_index=True)
    lines = [_line(key, g, data, entry.problems, experiment) for key, g in groups]
    caption = _caption(entry, name, data, experiment)
    return Table(name, caption, in_print(lines, entry.problems), data)


# Measure, source (ours or a paper), method.
_Key = tuple[str, str, str]


def _groups(
    summary: pd.DataFrame, asked: Iterable[str], measures: Iterable[str]
) -> Iterator[tuple[_Key, pd.DataFrame]]:
    """The numbers of each line, in order: those asked for, then printed ones."""
    printed = summary.loc[summary["source"] != MEASURED, ["source", "method"]]
    rows = [(MEASURED, row) for row in asked]
    rows += printed.drop_duplicates().itertuples(index=False, name=None)
    groups = dict(list(summary.groupby(["measure", "source", "method"])))
    for measure in measures:
        for row in rows:
            if (measure, *row) in groups:
                yield (measure, *row), groups[measure, *row]


def _line(
    key: _Key,
    numbers: pd.DataFrame,
    data: pd.DataFrame,
    problems: Sequence[str],
    experiment: Experiment,
) -> tuple[str, ...]:
    measure, source, row = key
    sizes = data.loc[data["measure"] == measure, "n"].dropna().astype(int)
    label = row_label(experiment, row)
    if source != MEASURED:
        label = f"{label}, {papers.about(source).citation}"
    counts = numbers["runs"].dropna().astype(int)
    runs = "–".join(str(n) for n in dict.fromkeys((counts.min(), counts.max())))
    cells = numbers.set_index("problem")["cell"].reindex([*problems], fill_value=ABSENT)
    return measure_title(measure, sizes), label, runs, *cells


def _ordered(found: Iterable[str], asked: Sequence[str]) -> list[str]:
    """The rows of the measures asked for; of all, unknown ones last, if none are."""
    names = list(dict.fromkeys(found))
    order = [n for m in asked or MEASURES for n in names if split(n)[0] == m]
    if asked:
        return order
    return [*order, *(name for name in names if name not in order)]


def _caption(
    entry: TableConfig, name: str, shown: pd.DataFrame, experiment: Experiment
) -> str:
    """What a table shows, and how it was measured."""
    seeds = ", ".join(map(str, experiment.seeds_of(entry)))
    spread = (
        f"Mean ± sample standard deviation over seeds {seeds}; runs: number of seeds, "
        "or of trials for printed rows."
    )
    measures = {split(name)[0] for name in shown["measure"]}
    rows = set(shown["method"])
    notes = [
        m.note.format(e=experiment.evaluation)
        for m in MEASURES.values()
        if m.name in measures
    ]
    notes += [CONTROLS[name].note for name in entry.controls if name in rows]
    sources = [s for s in dict.fromkeys(shown["source"]) if s != MEASURED]
    parts = (
        f"{entry.title or name} (preset {experiment.preset}).",
        spread if ", " in seeds else f"Values of seed {seeds}.",
        *dict.fromkeys(notes),
        *(f"Printed: {papers.about(source).reference}." for source in sources),
    )
    return " ".join(filter(None, parts))
