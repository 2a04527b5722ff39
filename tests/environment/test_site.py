"""The documentation builds without a warning, so that no link in it is dead."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
LINK = re.compile(r"\]\(([^)#]+)")


@pytest.mark.slow
def test_the_site_builds(tmp_path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going"]
    done = subprocess.run(
        [*command, "-d", tmp_path / "doctrees", DOCS, tmp_path / "site"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for page in ("index", "own-samples", "results", "api/nlot.costs.lagrangians"):
        assert (tmp_path / "site" / f"{page}.html").is_file()


@pytest.mark.parametrize("page", [README, *sorted(DOCS.glob("*.md"))], ids=str)
def test_every_link_in_a_document_leads_to_a_file(page) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith("https://"):
            assert (page.parent / link).exists(), link
