"""The tables that a preset asks for, made from tidy rows."""

import pandas as pd

from nlot.config import Experiment, TableConfig
from nlot.evaluation import MEASURES
from nlot.reporting import papers
from nlot.reporting.bounds_table import bounds_table
from nlot.reporting.layout import Table, lay_out, ordered
from nlot.reporting.summary import MEASURED, check_rows, published_summary, summarise


def table(rows: pd.DataFrame, name: str, experiment: Experiment) -> Table:
    """A table of `experiment.tables`.

    **Arguments:** `rows` are the tidy rows of a preset, of which those count that the
    entry asks for; `name` is the entry's.

    **Returns:** a block a measure, in each the entry's methods, controls and printed
    rows, a column a problem; cells are mean ± sample standard deviation over the seeds.

    Raises `nlot.reporting.summary.RowsError` where `rows` lack what the entry asks for.
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
    measures = entry.measures or ordered(summary["measure"])
    shown = summary[summary["measure"].isin(measures)]
    caption = _caption(entry, name, shown, experiment)
    return lay_out(name, caption, shown, entry.problems, asked, measures, experiment)


def _caption(
    entry: TableConfig, name: str, shown: pd.DataFrame, experiment: Experiment
) -> str:
    """What a table shows, and how it was measured."""
    seeds = ", ".join(map(str, experiment.seeds_of(entry)))
    spread = (
        f"Mean ± sample standard deviation over seeds {seeds}; runs: number of seeds, "
        "or of trials for printed rows."
    )
    notes = (
        MEASURES[m].note.format(e=experiment.evaluation)
        for m in ordered(shown["measure"])
        if m in MEASURES
    )
    sources = [s for s in dict.fromkeys(shown["source"]) if s != MEASURED]
    parts = (
        f"{entry.title or name} (preset {experiment.preset}).",
        spread if ", " in seeds else f"Values of seed {seeds}.",
        *dict.fromkeys(notes),
        *(f"Printed: {papers.about(source).reference}." for source in sources),
    )
    return " ".join(filter(None, parts))
