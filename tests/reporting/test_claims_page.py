"""The page of claims holds every line, in both formats, and needs no other file."""

import re
from base64 import b64decode
from html import unescape
from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nlot.reporting.claims import claims
from nlot.reporting.claims_page import render_claims, write_claims
from nlot.reporting.style import save_figure
from nlot.reporting.verdicts import Verdict

from .claimed import PAPER, experiment, rows

MADE = "Trained at commit 0123abc-dirty on cpu."


@pytest.fixture(scope="module")
def found():
    return claims(rows(), PAPER, experiment())


@pytest.fixture
def figures(tmp_path):
    """Two figures at hand, one of them large."""
    paths = {name: tmp_path / "figures" / f"{name}.png" for name in ("figure1", "loss")}
    for width, path in zip((0.5, 9), paths.values(), strict=True):
        figure = Figure(figsize=(width, 0.5))
        figure.subplots().imshow(np.random.default_rng(0).uniform(size=(50, 900)))
        save_figure(figure, path)
    return paths


def texts(page):
    return unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))


def test_both_formats_hold_every_cell(found):
    pages = [render_claims(found, kind, {}, MADE) for kind in ("md", "html")]
    for page in (pages[0], texts(pages[1])):
        assert MADE in page
        for group in found.groups:
            assert group.title in page
            assert group.text in page
            assert group.command in page
            for line in group.lines:
                for cell in (line.name, line.reference, line.ours, line.why):
                    assert cell in page
        assert page.count(Verdict.NOT_RUN) >= sum(
            group.count(Verdict.NOT_RUN) for group in found.groups
        )
        assert "half the 95% confidence interval" in " ".join(page.split())


def test_counts_are_those_of_the_lines(found):
    page = render_claims(found, "md", {}, MADE)
    rows = page.split("## The rule")[0].splitlines()
    cells = [[c.strip() for c in row.split("|")[1:-1]] for row in rows if "|" in row]
    body = [row[1:] for row in cells[2:]]
    total = sum(int(count) for row in body for count in row if count)
    assert total == sum(len(group.lines) for group in found.groups)
    assert [row[-1] for row in body] == [
        str(group.count(Verdict.NOT_RUN) or "") for group in found.groups
    ]


def test_markdown_links_to_figures_from_where_it_lies(found, figures, tmp_path):
    write_claims(found, tmp_path / "claims.md", figures, MADE)
    text = (tmp_path / "claims.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]*)\)", text)
    assert links
    assert all((tmp_path / link).is_file() for link in links)
    assert "`results/tiny/figures/figure2.png`" in text


def test_html_holds_its_figures(found, figures, tmp_path):
    write_claims(found, tmp_path / "claims.html", figures, MADE)
    text = (tmp_path / "claims.html").read_text(encoding="utf-8")
    sources = re.findall(r'src="([^"]*)"', text)
    assert len(sources) == len(figures)
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    anchors = re.findall(r'href="([^"]*)"', text)
    names = re.findall(r'id="([^"]*)"', text)
    assert len(names) == len(set(names))
    assert anchors
    assert {anchor.removeprefix("#") for anchor in anchors} <= set(names)


def test_html_holds_its_figures_in_a_byte_a_pixel_or_less(found, figures, tmp_path):
    """A report shows the page by an address of at most 2 MB, and noise is the worst."""
    write_claims(found, tmp_path / "claims.html", figures, MADE)
    text = (tmp_path / "claims.html").read_text(encoding="utf-8")
    for source in re.findall(r'src="data:image/png;base64,([^"]*)"', text):
        data = b64decode(source)
        with Image.open(BytesIO(data)) as image:
            assert len(data) < image.width * image.height + 2048


def test_unknown_format(found, tmp_path):
    with pytest.raises(ValueError, match="'pdf'; valid: md, html"):
        write_claims(found, tmp_path / "claims.pdf", {}, MADE)
    assert not any(tmp_path.iterdir())


def test_browser_shows_the_page_without_a_network(browser, found, figures, tmp_path):
    write_claims(found, tmp_path / "claims.html", figures, MADE)
    browser.open(tmp_path / "claims.html")
    widths = browser.evaluate("[...document.images].map(i => i.naturalWidth)")
    assert widths == [75, 1350]
    assert browser.broken_images() == []
    assert browser.dead_links() == []
    assert browser.outside == []
    assert browser.errors == []
    lines = sum(len(group.lines) for group in found.groups)
    assert browser.evaluate("document.querySelectorAll('td.verdict').length") == lines
    # No cell is cut off on a screen of usual width.
    assert browser.evaluate(
        "[...document.querySelectorAll('.wide')]"
        ".every(part => part.scrollWidth <= part.clientWidth)"
    )
