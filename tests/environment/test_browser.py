"""What the browser of the tests sees: without it, pages could not fail."""

from pathlib import Path

import pytest

from ..browser import Browser

PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>Page</title>
<h1 id="top">Page</h1>{body}"""
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42"
    "mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def show(browser: Browser, tmp_path: Path):
    """Opens a page with some body, beside which lies the file `other.html`."""
    (tmp_path / "other.html").write_text(PAGE.format(body=""))

    def open_page(body: str) -> Browser:
        page = tmp_path / "page.html"
        page.write_text(PAGE.format(body=body))
        browser.open(page)
        return browser

    return open_page


def test_a_sound_page_has_no_faults(show) -> None:
    found = show(
        f'<img src="{DOT}"><a href="#top">a</a><a href="other.html">b</a>'
        '<a href="https://example.org/">c</a>'
    )
    assert found.broken_images() == found.dead_links() == found.outside == []
    assert found.errors == []
    assert found.evaluate("document.title") == "Page"


def test_images_that_show_nothing_are_seen(show) -> None:
    found = show(f'<img src="{DOT}"><img src="data:image/png;base64,AAAA">')
    assert found.broken_images() == ["data:image/png;base64,AAAA"]


def test_dead_links_are_seen(show) -> None:
    found = show('<a href="#none">a</a><a href="gone.html">b</a><a href="#top">c</a>')
    assert found.dead_links() == ["#none", "gone.html"]


@pytest.mark.parametrize(
    "body",
    [
        '<img src="https://example.org/">',
        '<link rel="stylesheet" href="https://example.org/">',
        '<script src="https://example.org/"></script>',
        "<style>body { background: url(https://example.org/) }</style>",
    ],
)
def test_requests_to_the_network_are_seen(show, body: str) -> None:
    assert show(body).outside == ["https://example.org/"]


def test_errors_of_scripts_are_seen(show) -> None:
    assert "no_such_name" in str(show("<script>no_such_name()</script>").errors)
