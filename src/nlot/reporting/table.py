"""A table, written as CSV, Markdown, LaTeX and HTML."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from nlot.provenance.files import whole_file

ABSENT = "–"
# LaTeX cannot break a float over pages; longer tables are set as a longtable.
_ROWS_OF_A_PAGE = 40
_TEX = {
    "\\": r"\textbackslash{}",
    **{character: "\\" + character for character in "%$#_{}&"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "₁": r"$_1$",
    "₂": r"$_2$",
    "²": r"$^2$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "ε": r"$\varepsilon$",
    "–": "--",
}
# Columns of the numbers of tables, where they have them.
_CSV = (
    "measure",
    "method",
    "problem",
    "seed",
    "mean",
    "over",
    "change",
    "sd",
    "runs",
    "source",
)
_NUMBER = r"[+-]?\d+(?:\.\d+)?"


@dataclass(frozen=True)
class Table:
    """A table ready to be written.

    **Attributes:**

    - `name`, and `caption`, what it shows.
    - `shown`: its text, one row per line, indexed by title of block and label; the
      first column has the number of runs (`in_print`).
    - `data`: its numbers, unrounded, one per row.
    - `provenance`: that of the numbers (`nlot.reporting.statement`).
    """

    name: str
    caption: str
    shown: pd.DataFrame
    data: pd.DataFrame
    provenance: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, without that of runs."""
        return tuple(self.shown.columns[1:])

    @property
    def blocks(self) -> list[tuple[str, pd.DataFrame]]:
        """The title of each block, and its lines by label."""
        groups = self.shown.groupby(level="block", sort=False)
        return [(str(title), lines.droplevel("block")) for title, lines in groups]

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes below the table."""
        return tuple(filter(None, (self.caption, self.provenance)))


def in_print(lines: Iterable[Sequence[str]], columns: Sequence[str]) -> pd.DataFrame:
    """The text of a table from lines of block, label, runs, and cells."""
    names = ["block", "label", "runs", *columns]
    return pd.DataFrame([*lines], columns=names).set_index(["block", "label"])


def by_problem(cells: pd.DataFrame, problems: Sequence[str]) -> pd.DataFrame:
    """The text of a table with a column per problem, from its cells in their order.

    **Arguments:** `cells` has the columns block, label, runs, problem and cell. A line
    without a cell for a problem gets a dash there.
    """
    key = ["block", "label", "runs"]
    wide = cells.pivot(index=key, columns="problem", values="cell")
    order = pd.MultiIndex.from_frame(cells[key].drop_duplicates())
    wide = wide.reindex(index=order, columns=[*problems]).astype(object)
    return wide.fillna(ABSENT).rename_axis(columns=None).reset_index("runs")


def cell(mean: float, sd: float, digits: int | float) -> str:
    """Mean ± sd with `digits` after the point; the mean alone where sd is NaN."""
    if math.isnan(mean):
        return ABSENT
    numbers = [mean] if math.isnan(sd) else [mean, sd]
    # Adding zero turns a rounded -0.0 into 0.0.
    return " ± ".join(f"{round(x, int(digits)) + 0.0:.{int(digits)}f}" for x in numbers)


def write_table(table: Table, path: str | Path) -> None:
    """Write `table` to `path` in the format that its suffix names.

    `.csv` has the unrounded numbers, one per row, after lines of caption and provenance
    that start with "#"; `.md`, `.tex` (needs booktabs, and longtable for long tables)
    and `.html` show the table. Raises `ValueError` for any other suffix.
    """
    text = render(table, Path(path).suffix.removeprefix("."))
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def render(table: Table, format: str) -> str:
    """`table` as text in a format: "csv", "md", "tex" or "html"."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; valid: {', '.join(FORMATS)}")
    return FORMATS[format](table)


def templates(**options: Any) -> jinja2.Environment:
    """The package's templates; an unknown name in one is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("nlot.reporting"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        **options,
    )


def _csv(table: Table) -> str:
    columns = [name for name in _CSV if name in table.data]
    notes = "".join(f"# {note}\n" for note in table.notes)
    return notes + table.data[columns].to_csv(index=False)


def _markdown(table: Table) -> str:
    parts = [table.shown[:0].droplevel("block")]
    for title, lines in table.blocks:
        parts += [pd.DataFrame("", [f"**{title}**"], lines.columns), lines]
    sides = ("left", *["right"] * len(table.shown.columns))
    grid = pd.concat(parts).to_markdown(disable_numparse=True, colalign=sides)
    return "\n\n".join([grid, *table.notes]) + "\n"


def _latex(table: Table) -> str:
    environment = templates(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    environment.filters |= {"tex": _escape_latex, "cell": _latex_cell}
    long = len(table.shown) + len(table.blocks) > _ROWS_OF_A_PAGE
    return environment.get_template("table.tex").render(table=table, long=long)


def _html(table: Table) -> str:
    return templates(autoescape=True).get_template("table.html").render(table=table)


def _escape_latex(text: str) -> str:
    escaped = "".join(_TEX.get(character, character) for character in text)
    # Neighbouring scripts belong to one symbol: W$_2$$^2$ would open display math.
    return escaped.replace("$$", "")


def _latex_cell(text: str) -> str:
    if text == ABSENT:
        return "--"
    # Numbers in math mode, so that a minus sign is not a hyphen.
    parts = re.split(f"({_NUMBER}(?: ± {_NUMBER})?)", text)
    parts[1::2] = ["$" + part.replace("±", r"\pm") + "$" for part in parts[1::2]]
    parts[::2] = map(_escape_latex, parts[::2])
    return "".join(parts)


FORMATS: dict[str, Callable[[Table], str]] = {
    "csv": _csv,
    "md": _markdown,
    "tex": _latex,
    "html": _html,
}
