"""Every room imports only from itself and from rooms below it."""

import ast
from pathlib import Path

import pytest

import nlot

PACKAGE = Path(nlot.__file__).parent
# Lowest first.
ROOMS = (
    "config",
    "papers",
    "provenance",
    "training",
    "measures",
    "costs",
    "paths",
    "problems",
    "networks",
    "discrete",
    "methods",
    "runs",
    "ground_truth",
    "evaluation",
    "reporting",
)


def imported(path: Path) -> list[str]:
    """The modules of the package that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
            # Of the package itself, rooms are imported by name.
            if node.module == "nlot":
                names += [f"nlot.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return [name for name in names if name.startswith("nlot.")]


def upward(room: str, source: Path) -> list[str]:
    allowed = ROOMS[: ROOMS.index(room) + 1]
    return [
        f"{source.relative_to(PACKAGE)} imports {name}"
        for name in imported(source)
        if name.split(".")[1] not in allowed
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_those_below(room) -> None:
    sources = sorted((PACKAGE / room).rglob("*.py"))
    assert sources
    assert [fault for source in sources for fault in upward(room, source)] == []


def test_every_module_lies_in_a_room() -> None:
    parts = {p.name for p in PACKAGE.iterdir() if p.suffix == ".py" or p.is_dir()}
    assert parts - {"__pycache__"} == {*ROOMS, "__init__.py"}


def test_an_import_upwards_is_found(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    source = tmp_path / "paths" / "bad.py"
    source.parent.mkdir()
    source.write_text(
        "from nlot import costs, runs\n"
        "from nlot.costs import metrics\n"
        "from nlot.methods import nlot\n"
    )
    assert upward("paths", source) == [
        "paths/bad.py imports nlot.runs",
        "paths/bad.py imports nlot.methods",
    ]
