"""Tables and figures that a preset asks for, and their defaults."""

import importlib
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from nlot.config.base import Name, Section, Seed
from nlot.config.figures import FIGURE_KINDS

# Methods that can do nothing else than pair samples, and controls that need pairs, are
# shown by presets alone that ask for them.
_PAIRING = frozenset({"match", "pairs", "costs", "matching", "turned"})


class OutputConfig(Section):
    """What tables and figures have in common."""

    title: str | None = Field(None, description="in the report; none: the entry's name")
    problems: tuple[Name, ...] = Field(min_length=1, description="columns, in order")
    methods: tuple[Name, ...] = Field(
        (), description="trained rows: methods, or single variants of one"
    )


class TableConfig(OutputConfig):
    """A table: one column per problem, block per measure, row per method or control."""

    kind: Literal["measures", "bounds"] = Field(
        "measures",
        description="`measures`: mean and deviation over seeds; `bounds`: every run "
        "against the bounds on the optimal cost",
    )
    controls: tuple[Name, ...] = Field((), description="rows that need no training")
    seeds: tuple[Seed, ...] = Field((), description="of its runs; empty: all `seeds`")
    measures: tuple[Name, ...] = Field((), description="blocks; empty: all measures")
    published: Annotated[str, Field(pattern=r"^[a-z0-9_]+/\w+$")] | None = Field(
        None,
        description="a paper's numbers to show, as `paper/table`: `nlot2024/1`",
    )


class FigureConfig(OutputConfig):
    """A figure: one column of panels per problem, row per method, from one seed."""

    kind: Literal[
        "paths",
        "losses",
        "matching",
        "directions",
        "journeys",
        "dendrogram",
        "geodesics",
        "predictions",
        "pairs",
    ] = Field(
        description="`paths` of transported points, `losses` of maps against the "
        "optimal one, a `matching` of samples, `directions` of cheap motion along a "
        "metric, `journeys` of samples through all times, a `dendrogram` of clouds, "
        "`geodesics` between given points, those of all methods in one panel, "
        "`predictions` of held-out times, or displacements beside known `pairs`"
    )
    methods: tuple[Name, ...] = Field(min_length=1, description="rows of panels")
    controls: tuple[Name, ...] = Field(
        (), description="rows below, for kinds `dendrogram`, `matching` and `pairs`"
    )
    seed: Seed | None = Field(None, description="which run; none: the first of `seeds`")
    paths: PositiveInt = Field(64, description="paths per panel, for kind `paths`")


def default_tables(
    problems: Mapping[str, Any], methods: Mapping[str, Any]
) -> dict[str, TableConfig]:
    """A table for each kind of problem: all methods, controls and measures."""
    controls = importlib.import_module("nlot.evaluation.controls").CONTROLS
    groups = list(_groups(problems, methods))
    return {
        "results" if len(groups) == 1 else f"results_{kind}": TableConfig(
            problems=names,
            methods=able,
            controls=tuple(
                name
                for name, control in controls.items()
                if kind in control.problems and not _PAIRING & set(control.needs)
            ),
        )
        for kind, names, able in groups
    }


def default_figures(
    problems: Mapping[str, Any], methods: Mapping[str, Any]
) -> dict[str, FigureConfig]:
    """All figures that problems and methods have, without those of ground truths."""
    figures = {}
    for kind, names, able in _groups(problems, methods):
        most = 2 if kind == "sequence" else math.inf
        shown = tuple(n for n in names if 2 <= problems[n].dimension <= most)
        for drawn, figure in FIGURE_KINDS.items():
            rows = tuple(m for m in able if figure.needs in methods[m].capabilities)
            if figure.problems != kind or figure.truth:
                continue
            of = shown
            if figure.held_out:
                of = tuple(n for n in shown if problems[n].held_out_times)
            if of and rows:
                figures[drawn] = FigureConfig.model_validate(
                    {"kind": drawn, "problems": of, "methods": rows}
                )
    return figures


def _groups(
    problems: Mapping[str, Any], methods: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Kinds of problems, those of each, and the methods that solve them all."""
    for kind in dict.fromkeys(problem.kind for problem in problems.values()):
        names = tuple(n for n, problem in problems.items() if problem.kind == kind)
        able = tuple(
            m
            for m, settings in methods.items()
            if kind in settings.problems
            and not settings.capabilities <= _PAIRING
            and not any(settings.refuses(problems[n]) for n in names)
        )
        yield kind, names, able
