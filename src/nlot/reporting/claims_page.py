"""The page of claims: what was printed, what came out here, and the verdicts."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from nlot.provenance.files import whole_file
from nlot.reporting.claims import Claims
from nlot.reporting.table import templates
from nlot.reporting.verdicts import LEVEL, Verdict

_PAGES = {"md": "claims.md", "html": "claims.html"}


def write_claims(
    claims: Claims, path: str | Path, figures: Mapping[str, Path], provenance: str
) -> None:
    """Write the page to `path`, as Markdown or HTML by its suffix.

    **Arguments:** `claims`; `figures`, the image files at hand, by name: Markdown links
    to them, HTML holds them, in a small size, and needs no other file; `provenance`,
    the `nlot.reporting.statement` of what the lines are from.

    Raises `ValueError` for another suffix.
    """
    path = Path(path)
    shown = {
        name: _data(file)
        if path.suffix == ".html"
        else Path(os.path.relpath(file, path.parent)).as_posix()
        for name, file in figures.items()
    }
    text = render_claims(claims, path.suffix.removeprefix("."), shown, provenance)
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def render_claims(
    claims: Claims, format: str, figures: Mapping[str, str], provenance: str
) -> str:
    """The page as text; `figures` are where those at hand lie, by name."""
    if format not in _PAGES:
        raise ValueError(f"unknown format {format!r}; valid: {', '.join(_PAGES)}")
    environment = templates(autoescape=format == "html")
    rule = environment.get_template("rule.txt").render(level=LEVEL)
    return environment.get_template(_PAGES[format]).render(
        claims=claims,
        seeds=", ".join(map(str, claims.seeds)),
        rule=rule.strip().split("\n\n"),
        verdicts=list(Verdict),
        figures=figures,
        provenance=provenance,
    )


def _data(path: Path) -> str:
    """A figure as an address that holds it."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:image/png;base64,{data}"
