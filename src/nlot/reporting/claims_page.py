"""The page of claims: what was printed, what came out here, and the verdicts."""

import base64
import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from textwrap import fill

import jinja2
from PIL import Image
from tabulate import tabulate

from nlot.provenance.files import whole_file
from nlot.reporting.claims import Claims, Group, Line
from nlot.reporting.verdicts import LEVEL, Verdict

TITLE = "What was printed, and what came out here"
CELLS = (
    "Values are mean ± sample standard deviation, with the number of trials or seeds "
    "in brackets."
)
_WIDTH = 88
# Pixels.
_FIGURE_WIDTH = 720
# The rule of `nlot.reporting.verdicts` in words.
RULE = (
    "A *number* counts as reproduced when our mean differs from it by no more than a "
    f"tolerance: half the {LEVEL:.0%} confidence interval of the difference of two "
    "means whose spreads differ (Welch; by Student's t, as there are few trials), plus "
    "half a unit of its last printed digit. Beyond the tolerance ours is better or not "
    "reproduced. A number that was printed without a deviation, from one trial, is "
    "taken to scatter as ours do.",
    "A number is not decidable when it was printed better than the noise floor, which "
    "two samples of the target itself score and no map beats on average; ours is then "
    "compared with the floor, and not reproduced if it is worse by more than the "
    "tolerance. Nor is it when the tolerance reaches from the printed number to zero "
    "or, for alignments, to the Euclidean metric's, which has learned nothing; nor "
    "when neither number has a deviation.",
    "A *statement* of the paper has a criterion that was chosen here, not there. "
    "Where a method is to be better than another, the mean difference between runs of "
    f"the same seed is compared with half its {LEVEL:.0%} confidence interval, by "
    "Student's t: in favour beyond it reproduced, against beyond it not reproduced, "
    "within it not decidable. A limit has to be kept by every single run.",
    "A number or statement is not comparable where the preset defines its problem "
    "otherwise than the paper; the settings that differ stand beside it.",
    "Few trials make wide tolerances: *reproduced* says that numbers do not disagree, "
    "not that they are equal. And of equal ones, one in "
    f"{1 / (1 - LEVEL):.0f} falls outside its tolerance by chance. Minutes are the "
    "mean training time of a run; it may have shared its machine with others.",
)


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
    if path.suffix == ".md":
        text = markdown(claims, _links(figures, path.parent), provenance)
    elif path.suffix == ".html":
        shown = {name: _data(file) for name, file in figures.items()}
        text = html(claims, shown, provenance)
    else:
        raise ValueError(f"unknown format {path.suffix!r}; valid: .md, .html")
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def markdown(claims: Claims, figures: Mapping[str, str], provenance: str) -> str:
    """The page in Markdown; `figures` are where those at hand lie, by name."""
    counts = [
        (group.title, *(str(group.count(verdict) or "") for verdict in Verdict))
        for group in claims.groups
    ]
    about = f"{_introduction(claims)} Preset `{claims.preset}`, seeds {_seeds(claims)}."
    parts = [
        f"# {TITLE}",
        fill(about, _WIDTH),
        fill(provenance, _WIDTH, break_on_hyphens=False),
        _grid(["", *Verdict], counts),
        "## The rule",
        *(fill(paragraph, _WIDTH) for paragraph in RULE),
    ]
    for group in claims.groups:
        lines = [_cells(group, line) for line in group.lines]
        parts += [
            f"## {group.title}",
            f"{group.text} {_maker(group, claims, figures)} `{group.command}`.",
            _grid(["", *_headings(group)], lines),
        ]
    return "\n\n".join([*parts, CELLS]) + "\n"


def html(claims: Claims, figures: Mapping[str, str], provenance: str) -> str:
    """The page in HTML, with `figures` shown from where they lie."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("nlot.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("claims.html").render(
        title=TITLE,
        introduction=_introduction(claims),
        preset=claims.preset,
        seeds=_seeds(claims),
        rule=[paragraph.replace("*", "") for paragraph in RULE],
        groups=claims.groups,
        verdicts=list(Verdict),
        cells=CELLS,
        figures=figures,
        provenance=provenance,
    )


def _introduction(claims: Claims) -> str:
    return (
        f"Every number and statement of {claims.about.reference}, beside what this "
        "project measured. The page is made from the measured rows by the workflow, "
        "verdicts included."
    )


def _headings(group: Group) -> list[str]:
    floor = ["noise floor"] if group.floor else []
    ours = ["tolerance", "verdict", "why", "minutes a run", "device"]
    return [group.heading, "ours", *floor, *ours]


def _cells(group: Group, line: Line) -> list[str]:
    floor = [line.floor] if group.floor else []
    return [
        line.name,
        line.reference,
        line.ours,
        *floor,
        line.tolerance,
        f"**{line.verdict}**",
        line.why,
        line.minutes,
        line.device,
    ]


def _maker(group: Group, claims: Claims, figures: Mapping[str, str]) -> str:
    if not group.figure:
        return "Made by"
    shown = f"`results/{claims.preset}/figures/{group.figure}.png`"
    if group.figure in figures:
        shown = f"[{group.figure}]({figures[group.figure]})"
    return f"Our figure, {shown}, is made by"


def _grid(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    words = {"", "verdict", "why", "device"}
    sides = ["left" if heading in words else "right" for heading in headings]
    return tabulate(
        lines, headings, tablefmt="pipe", disable_numparse=True, colalign=sides
    )


def _seeds(claims: Claims) -> str:
    return ", ".join(map(str, claims.seeds))


def _links(figures: Mapping[str, Path], folder: Path) -> dict[str, str]:
    return {
        name: Path(os.path.relpath(path, folder)).as_posix()
        for name, path in figures.items()
    }


def _data(path: Path) -> str:
    """A figure as an address that holds it, small and in 256 colours.

    Reports show pages by such addresses in turn, and browsers show nothing at those
    longer than 2 MB: with all colours the page of the default preset is too long.
    """
    small = BytesIO()
    with Image.open(path) as image:
        shown = image.convert("RGB")
        shown.thumbnail((_FIGURE_WIDTH, image.height), Image.Resampling.LANCZOS)
        shown.quantize(256).save(small, "PNG", optimize=True)
    data = base64.b64encode(small.getvalue()).decode("ascii")
    return f"data:image/png;base64,{data}"
