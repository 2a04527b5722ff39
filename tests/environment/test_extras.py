"""The package itself needs what it declares, and what an extra brings only there."""

import ast
import importlib
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

import nlot
from nlot import reporting

from .declared import ROOT, requirements

PACKAGE = Path(nlot.__file__).parent
BASE = requirements().keys()
PLOTS = requirements("plots").keys()
H5AD = requirements("h5ad").keys()
REPORTING = sorted((PACKAGE / "reporting").rglob("*.py"))
CELLS = [PACKAGE / "measures" / "cells.py"]
OTHERS = sorted({*PACKAGE.rglob("*.py")} - {*REPORTING, *CELLS})
# Pydantic pins its core; pandas writes Markdown with tabulate.
WITH = {"pydantic-core": "pydantic"}
INDIRECT = {"tabulate"}
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))
# Scripts import each other as modules of no package.
OURS = {*sys.stdlib_module_names, "nlot", "benchmarks", *(p.stem for p in SCRIPTS)}
_DISTRIBUTIONS = packages_distributions()


@cache
def imported(source: Path) -> frozenset[str]:
    """The distributions that a file imports from, at once or when a function runs."""
    modules = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.add(node.module)
    tops = {name.partition(".")[0] for name in modules}
    found = {_DISTRIBUTIONS.get(top, [top])[0] for top in tops - OURS}
    names = map(canonicalize_name, found)
    return frozenset(WITH.get(name, name) for name in names)


def undeclared(sources: list[Path], declared: set[str]) -> dict[str, set[str]]:
    found = {source.name: {*imported(source)} - declared for source in sources}
    return {name: lacks for name, lacks in found.items() if lacks}


def test_solving_needs_no_extra() -> None:
    """Wherever in a module, so that nothing is missing only when it is called."""
    assert OTHERS
    assert undeclared(OTHERS, {*BASE}) == {}


def test_reporting_needs_plots_alone() -> None:
    assert undeclared(REPORTING, {*PLOTS}) == {}


def test_cells_need_their_extra_alone() -> None:
    assert undeclared(CELLS, {*H5AD}) == {}


def test_what_is_outside_the_package_needs_the_workflow() -> None:
    assert SCRIPTS and BENCHMARKS
    assert undeclared(SCRIPTS + BENCHMARKS, {*requirements("workflow")}) == {}


def test_nothing_is_declared_without_use() -> None:
    """By the package itself, or by the room that the extra is for."""
    assert frozenset().union(*map(imported, OTHERS)) == BASE
    used = frozenset().union(*map(imported, REPORTING)) | INDIRECT
    assert used - BASE == PLOTS - BASE
    assert frozenset().union(*map(imported, CELLS)) - BASE == H5AD - BASE


def test_an_import_inside_a_function_is_found(tmp_path) -> None:
    source = tmp_path / "module.py"
    source.write_text("import os\ndef draw():\n    from seaborn import lineplot\n")
    assert undeclared([source], {*BASE}) == {"module.py": {"seaborn"}}


def test_reporting_asks_for_all_of_its_extra() -> None:
    asked = {canonicalize_name(_DISTRIBUTIONS[name][0]) for name in reporting.NEEDED}
    assert asked == PLOTS - BASE


@pytest.mark.parametrize("name", reporting.NEEDED)
def test_reporting_names_the_extra_that_is_missing(name, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{name}: install nlot\[plots\]"):
        importlib.reload(reporting)
