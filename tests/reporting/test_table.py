import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from nlot.reporting.statement import stated
from nlot.reporting.table import Table, cell, in_print, render, write_table
from nlot.reporting.tables import table as make

NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.fixture(params=["table1", "supplement", "table2"])
def table(request, rows, records, preset):
    return stated(make(rows, request.param, preset), records, preset)


class Page(HTMLParser):
    """Collects the cells of a page, and which tags were never closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.cells = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag != "meta":
            self.open.append(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in {"td", "th"}:
            self.cells[-1] += data


def cells(table):
    return [*table.shown[[*table.columns]].to_numpy().ravel()]


def numbers(texts):
    return [number for text in texts for number in NUMBER.findall(text)]


def test_formats_agree_in_their_numbers(table):
    expected = numbers(cells(table))
    assert len(expected) > 50

    lines = render(table, "md").split("\n\n")[0].splitlines()
    assert numbers(line.split("|", 2)[2] for line in lines) == expected

    body = re.findall(r"^  .* & .* \\\\$", render(table, "tex"), re.MULTILINE)
    assert numbers(body) == expected

    assert numbers(Page(render(table, "html")).cells) == expected


def test_csv_has_the_numbers_that_were_rounded(table, tmp_path):
    write_table(table, tmp_path / "table.csv")
    data = pd.read_csv(tmp_path / "table.csv", comment="#")
    pd.testing.assert_frame_equal(data, table.data[data.columns])
    digits = table.data["decimals"]
    rounded = map(cell, data["mean"], data["sd"], digits)
    assert sorted(rounded) == sorted(text for text in cells(table) if text != "–")


def test_captions_are_in_every_format(table):
    assert f"# {table.caption}\n" in render(table, "csv")
    assert table.caption in render(table, "md")
    assert table.name in render(table, "tex")
    for words in ("sample standard deviation over seeds 3, 1, 2", "preset tiny"):
        assert words in render(table, "tex")
        assert words in render(table, "html")


@pytest.mark.parametrize("kind", ["csv", "md", "tex", "html"])
def test_provenance_is_in_every_format(table, kind):
    assert table.provenance
    text = render(table, kind).replace(r"\_", "_")
    assert table.provenance in text
    unstated = render(replace(table, provenance=""), kind)
    assert len(unstated) < len(text)
    assert "Trained" not in unstated


def test_latex_has_booktabs_rules_and_only_what_latex_reads(table):
    text = render(table, "tex")
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert rule in text
    assert text.isascii()
    bare = re.sub(r"\\[{}$&%_#]", "", text)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert "$$" not in bare
    begun = re.findall(r"\\begin{(\w+)}", text)
    assert begun == re.findall(r"\\end{(\w+)}", text)[::-1]
    width = len(table.columns) + 1
    lines = [line for line in bare.splitlines() if " & " in line]
    assert {line.count("&") for line in lines} == {width}


def test_a_table_longer_than_a_page_can_be_broken(rows, preset):
    assert r"\begin{table}" in render(make(rows, "table1", preset), "tex")
    assert r"\begin{longtable}" in render(make(rows, "supplement", preset), "tex")


def test_names_are_escaped(rows, preset):
    text = render(make(rows, "table2", preset), "tex")
    assert r"circle\_released" in text
    assert not re.search(r"[^\\]_released", text)


def test_html_is_one_well_formed_page(table):
    text = render(table, "html")
    page = Page(text)
    assert page.open == []
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"(src|href)=", text), "the page needs no other file"
    for column in table.columns:
        assert column in page.cells


def test_unknown_format(table, tmp_path):
    with pytest.raises(ValueError, match="'docx'; valid: csv, md, tex, html"):
        write_table(table, tmp_path / "table.docx")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "cell, latex",
    [
        ("–", "--"),
        ("1.50 ± 0.02", r"$1.50 \pm 0.02$"),
        ("-0.5", "$-0.5$"),
        ("2.7086 (inside)", "$2.7086$ (inside)"),
        ("2.7086 (-0.007 %)", r"$2.7086$ ($-0.007$ \%)"),
    ],
)
def test_latex_sets_numbers_as_mathematics_and_words_as_words(cell, latex):
    shown = in_print([("b", "a", "1", cell)], ["box"])
    table = Table("t", "A table.", shown, pd.DataFrame())
    assert f"& {latex} \\\\" in render(table, "tex")
