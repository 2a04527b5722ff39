"""Tables as CSV, Markdown, LaTeX and HTML."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
from tabulate import tabulate

from nlot.provenance.files import whole_file
from nlot.reporting.layout import ABSENT, Table

# LaTeX cannot break a float over pages; longer tables are set as a longtable.
_ROWS_OF_A_PAGE = 40
_TEX = {
    "\\": r"\textbackslash{}",
    **{character: "\\" + character for character in "%$#_{}&"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "₂": r"$_2$",
    "²": r"$^2$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "ε": r"$\varepsilon$",
    "–": "--",
}
# Of a table's numbers; single runs have a seed, and `over` a bound.
_CSV = ("measure", "method", "problem", "seed", "mean", "over", "sd", "runs", "source")
_NUMBER = r"[+-]?\d+(?:\.\d+)?"


def write_table(table: Table, path: str | Path) -> None:
    """Write `table` to `path` in the format that its suffix names.

    `.csv` has the unrounded numbers, one a row, under lines with the caption and the
    provenance that start with "#"; `.md`, `.tex` (needs booktabs, and longtable for
    long tables) and `.html` show the table. Raises `ValueError` for another suffix.
    """
    text = render(table, Path(path).suffix.removeprefix("."))
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def render(table: Table, format: str) -> str:
    """`table` as text in a format: "csv", "md", "tex" or "html"."""
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; valid: {', '.join(FORMATS)}")
    return FORMATS[format](table)


def _csv(table: Table) -> str:
    columns = [name for name in _CSV if name in table.data]
    notes = "".join(f"# {note}\n" for note in table.notes)
    return notes + table.data[columns].to_csv(index=False)


def _markdown(table: Table) -> str:
    width = len(table.columns)
    lines: list[tuple[str, ...]] = []
    for block in table.blocks:
        lines.append((f"**{block.title}**", "", *[""] * width))
        lines += [(row.label, row.runs, *row.cells) for row in block.rows]
    grid = tabulate(
        lines,
        headers=["", "runs", *table.columns],
        tablefmt="pipe",
        colalign=("left", "right", *["right"] * width),
        disable_numparse=True,
    )
    return "\n\n".join([grid, *table.notes]) + "\n"


def _latex(table: Table) -> str:
    length = sum(len(block.rows) + 1 for block in table.blocks)
    environment = _environment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    environment.filters |= {"tex": _escape_latex, "cell": _latex_cell}
    template = environment.get_template("table.tex")
    return template.render(table=table, long=length > _ROWS_OF_A_PAGE)


def _html(table: Table) -> str:
    environment = _environment(autoescape=True)
    return environment.get_template("table.html").render(table=table)


def _environment(**options: Any) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("nlot.reporting"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        **options,
    )


def _escape_latex(text: str) -> str:
    escaped = "".join(_TEX.get(character, character) for character in text)
    # Neighbouring scripts belong to one symbol: W$_2$$^2$ would open display math.
    return escaped.replace("$$", "")


def _latex_cell(text: str) -> str:
    if text == ABSENT:
        return "--"
    # Numbers in math mode, so that a minus is none of the hyphens.
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
