"""The report of a finished workflow, as a reader without a network sees it."""

import re
from pathlib import Path

import pytest

from .conftest import SMOKE, Smoke, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def report(smoke: Smoke) -> Path:
    path = smoke.folder / "results" / "smoke" / "report.html"
    done = snakemake(smoke.folder, "--report", str(path), *SMOKE)
    assert done.returncode == 0, done.stdout
    return path


def test_report_asks_nothing_of_the_network(browser, report: Path) -> None:
    browser.open(report)
    browser.wait_for("document.querySelector('#app').innerText.length > 0")
    assert browser.outside == []
    assert browser.errors == []
    assert browser.broken_images() == []


def test_report_holds_tables_figures_claims_and_run_times(
    browser, report: Path
) -> None:
    browser.open(report)
    names = set(browser.evaluate("Object.values(results).map(r => r.name)"))
    wanted = {"nlot2024.html", "table1.html", "table2.html", "supplement.html"}
    wanted |= {
        "preset.yaml",
        "bounds.html",
        "ground_truth.html",
        "loss.png",
        *(f"figure{i}.png" for i in range(1, 5)),
    }
    assert wanted <= names
    timed = set(browser.evaluate("runtimes_spec.data.values.map(job => job.rule)"))
    assert {"data", "train", "evaluate", "table", "claims"} <= timed


def test_every_result_can_be_shown(browser, report: Path, tmp_path: Path) -> None:
    browser.open(report)
    results = browser.evaluate("results")
    broken = browser.evaluate(
        "Promise.all(Object.values(results)"
        ".filter(r => r.mime_type.startsWith('image/')).map(r => {"
        " const image = new Image(); image.src = r.data_uri;"
        " return image.decode().then("
        "() => image.naturalWidth > 0 ? null : r.name, () => r.name) }))"
    )
    assert len(broken) > 5
    assert not any(broken)
    pages = [r for r in results.values() if r["mime_type"] == "text/html"]
    assert len(pages) >= 5
    # A browser shows nothing at longer addresses.
    assert all(len(page["data_uri"]) < 2**21 for page in pages)
    for number, page in enumerate(pages):
        text = browser.evaluate(f"fetch({page['data_uri']!r}).then(r => r.text())")
        path = tmp_path / f"{number}.html"
        path.write_text(text, encoding="utf-8")
    for path in sorted(tmp_path.glob("*.html")):
        browser.open(path)
        assert browser.evaluate("document.querySelectorAll('td').length") > 5
        assert browser.broken_images() == []
        assert browser.dead_links() == []
        assert browser.outside == []


def test_the_page_of_claims_can_be_reached(browser, report: Path) -> None:
    browser.open(report)
    browser.wait_for("document.querySelector('#app').innerText.includes('Claims')")
    browser.evaluate(
        "[...document.querySelectorAll('#app a, #app button, #app li')]"
        ".filter(part => part.innerText.trim() === 'Claims').pop().click()"
    )
    browser.wait_for("document.querySelector('a[iconname=eye]')")
    browser.evaluate("document.querySelector('a[iconname=eye]').click()")
    browser.wait_for("document.querySelector('iframe')")
    assert browser.outside == []
    assert browser.errors == []


def test_every_result_has_a_caption(browser, report: Path) -> None:
    browser.open(report)
    captions = browser.evaluate(
        "Object.fromEntries(Object.values(results).map(r => [r.name, r.caption]))"
    )
    assert all(captions.values())
    assert "seed 0" in re.sub(r"\s+", " ", captions["figure1.png"])
    for caption in captions.values():
        assert "Undefined" not in caption
        assert "None" not in caption


def test_claims_of_the_run_stand_beside_it(browser, smoke: Smoke) -> None:
    results = smoke.folder / "results" / "smoke"
    browser.open(results / "claims" / "nlot2024.html")
    assert browser.evaluate("document.images.length") == 4
    assert browser.broken_images() == []
    assert browser.dead_links() == []
    assert browser.outside == []
    # What a preset does not run has its lines, too.
    verdicts = browser.evaluate(
        "[...document.querySelectorAll('td.verdict')].map(cell => cell.innerText)"
    )
    assert "not run" in verdicts
    assert set(verdicts) != {"not run"}
    text = (results / "claims" / "nlot2024.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)]*)\)", text):
        assert (results / "claims" / link).is_file()
