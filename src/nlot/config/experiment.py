"""A whole experiment: problems, methods, and the outputs made from their runs."""

import importlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product
from typing import Annotated, Any

import pydantic
from pydantic import Field

from nlot.config.base import Name, Section, Seed, merge
from nlot.config.errors import describe, unknown
from nlot.config.evaluation import EvaluationConfig, ResourcesConfig
from nlot.config.figures import FIGURE_KINDS, check_shown
from nlot.config.kinds import Kind
from nlot.config.names import check_known, check_moved, check_once, check_reserved
from nlot.config.outputs import (
    FigureConfig,
    OutputConfig,
    TableConfig,
    default_figures,
    default_tables,
)
from nlot.config.sections import MethodConfig, ProblemConfig

# Problem, method, seed.
Run = tuple[str, str, int]
_METHOD = Annotated[MethodConfig, Kind("method")]
_PLANE = 2
# Levels of names below a key.
_NAMED = {"problems": 1, "methods": 1, "overrides": 2, "tables": 1, "figures": 1}


class Experiment(Section):
    """A whole experiment."""

    preset: Name = Field(
        description="results go to `results/<preset>/`; default: the file's name"
    )
    paper: Name | None = Field(
        None,
        description="a paper whose statements are judged, besides those whose numbers "
        "tables show",
    )
    seeds: tuple[Seed, ...] = Field(
        (0,),
        min_length=1,
        description="seeds of all runs; the first is also the ground truth's. A preset "
        "that sets them drops those of tables and figures that it extends",
    )
    problems: dict[Name, Annotated[ProblemConfig, Kind("problem")]] = Field(
        min_length=1, description="problems by name"
    )
    methods: dict[Name, _METHOD] = Field(
        min_length=1, description="methods by name; presets start with one of each kind"
    )
    overrides: dict[Name, dict[Name, dict[str, Any]]] = Field(
        default_factory=dict,
        description="`overrides.<method>.<problem>`: settings of a method that differ "
        "for a problem, merged into `methods.<method>`",
    )
    evaluation: EvaluationConfig = EvaluationConfig()
    resources: ResourcesConfig = ResourcesConfig()
    tables: dict[Name, TableConfig] = Field(
        default_factory=dict,
        description="by name; default: a table of all measures of all problems",
    )
    figures: dict[Name, FigureConfig] = Field(
        default_factory=dict,
        description="by name; default: paths, or directions and journeys, or "
        "dendrograms",
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def _entries(cls, data: Any) -> Any:
        """Drops entries that a preset sets to null to remove them from its base."""
        if not isinstance(data, Mapping):
            return data
        check_moved(data)
        return {key: _given(part, _NAMED.get(key, 0)) for key, part in data.items()}

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Experiment":
        check_reserved("preset", [self.preset])
        for key in ("problems", "methods", "tables"):
            check_reserved(key, getattr(self, key))
        check_once("seeds", self.seeds)
        check_once("methods: row", self._all_rows())
        check_known("overrides", self.overrides, self.methods)
        for method, parts in self.overrides.items():
            check_known(f"overrides.{method}", parts, self.problems)
            for problem in parts:
                self.method(method, problem)
                if self.problems[problem].kind not in self.methods[method].problems:
                    raise ValueError(f"overrides: {self.unable(method, problem)}")
        # Frozen for users, but not yet during validation.
        for key, make in (("tables", default_tables), ("figures", default_figures)):
            if key not in self.model_fields_set:
                object.__setattr__(self, key, make(self.problems, self.methods))
        for key, name, entry in self._outputs():
            self._check_output(f"{key}.{name}", entry)
        return self

    def _outputs(self) -> Iterator[tuple[str, str, OutputConfig]]:
        for key in ("tables", "figures"):
            for name, entry in getattr(self, key).items():
                yield key, name, entry

    def rows_of(self, method: str) -> list[str]:
        """The rows of tables that a method has: one for each of its variants."""
        variants = self.methods[method].variants
        return ["_".join(filter(None, [method, variant])) for variant in variants]

    def _all_rows(self) -> list[str]:
        return list(chain.from_iterable(map(self.rows_of, self.methods)))

    def _check_output(self, key: str, entry: OutputConfig) -> None:
        check_known(f"{key}.problems", entry.problems, self.problems)
        known = dict.fromkeys([*self.methods, *self._all_rows()])
        check_known(f"{key}.methods", entry.methods, known)
        for part in ("problems", "controls", "measures", "seeds"):
            check_once(f"{key}.{part}", getattr(entry, part, ()))
        check_once(f"{key}.methods", self.rows(entry.methods))
        kinds = {self.problems[name].kind: name for name in entry.problems}
        if len(kinds) > 1:
            found = " and ".join(
                f"{name!r} is a {kind}" for kind, name in kinds.items()
            )
            raise ValueError(f"{key}.problems: all must be of one kind; {found}")
        for problem, row in product(entry.problems, entry.methods):
            reason = self.unable(self.owner(row), problem)
            if reason:
                raise ValueError(f"{key}: {reason}")
        if isinstance(entry, FigureConfig):
            if entry.kind == "matching" and not self.evaluation.matching.points:
                raise ValueError(
                    f"{key}: a matching is of samples, but evaluation.matching.points "
                    "is 0"
                )
            self._check_plane(key, entry)
            problems = {name: self.problems[name] for name in entry.problems}
            rows = [(row, self.owner(row)) for row in entry.methods]
            check_shown(key, entry.kind, problems, self.methods, rows)

    def _check_plane(self, key: str, figure: FigureConfig) -> None:
        """Directions need the plane; of other figures, only losses work on the line."""
        for name in figure.problems:
            d = self.problems[name].dimension
            if figure.kind == "directions" and d != _PLANE:
                raise ValueError(
                    f"{key}.problems: {name!r} has dimension {d}; directions are drawn "
                    f"in {_PLANE}"
                )
            if figure.kind != "losses" and d < _PLANE:
                raise ValueError(
                    f"{key}.problems: {name!r} has dimension {d}; a figure of "
                    f"{figure.kind} needs {_PLANE} or more"
                )

    def check(self) -> "Experiment":
        """Check the names of controls, measures and papers, and ground truths' memory.

        Returns the experiment itself. Separate from validation because it imports the
        code that measures. Raises `ValueError`.
        """
        controls = importlib.import_module("nlot.evaluation.controls").CONTROLS
        measures = importlib.import_module("nlot.evaluation").MEASURES
        papers = importlib.import_module("nlot.papers")
        check_known("paper", filter(None, [self.paper]), papers.available())
        for name in self._all_rows():
            if name in controls:
                raise ValueError(f"methods: {name!r} is the name of a control, too")
        for name, entry in self.tables.items():
            kind = self.problems[entry.problems[0]].kind
            for part, registry in (("controls", controls), ("measures", measures)):
                valid = [n for n, found in registry.items() if kind in found.problems]
                check_known(f"tables.{name}.{part}", getattr(entry, part), valid)
            if entry.published:
                paper, number = entry.published.split("/")
                key = f"tables.{name}.published"
                check_known(key, [paper], papers.available())
                printed = papers.numbers(paper)["table"].astype(str).unique()
                check_known(f"{key}: table of {paper}", [number], printed)
        for name, figure in self.figures.items():
            shown, kind = FIGURE_KINDS[figure.kind], figure.kind
            if figure.controls and not shown.controls:
                raise ValueError(
                    f"figures.{name}.controls: {kind} are of methods alone"
                )
            valid = [
                n
                for n, found in controls.items()
                if shown.problems in found.problems
                and shown.controls in found.capabilities
            ]
            check_known(f"figures.{name}.controls", figure.controls, valid)
        check_memory = importlib.import_module("nlot.ground_truth.memory").check_memory
        for name, given in self.problems.items():
            if given.has_ground_truth:
                space = given.dimension, given.has_straight_paths
                try:
                    check_memory(self.evaluation, *space)
                except ValueError as error:
                    raise ValueError(f"problems.{name}: {error}") from None
        return self

    def method(self, method: str, problem: str) -> Any:
        """Settings of `method` on `problem`, with overrides applied.

        Raises `ValueError` for an unknown name.
        """
        check_known("method", [method], self.methods)
        check_known("problem", [problem], self.problems)
        override = self.overrides.get(method, {}).get(problem)
        if not override:
            return self.methods[method]
        data = merge(self.methods[method].model_dump(), override)
        try:
            return pydantic.TypeAdapter(_METHOD).validate_python(data)
        except pydantic.ValidationError as error:
            prefix = f"overrides.{method}.{problem}"
            raise ValueError(describe(error, prefix)) from None

    def unable(self, method: str, problem: str) -> str | None:
        """Why `method` cannot be trained on `problem`; None if it can."""
        settings, given = self.method(method, problem), self.problems[problem]
        if given.kind in settings.problems:
            reason = settings.refuses(given)
        else:
            reason = (
                f"a method of kind {settings.kind!r} solves problems of kind "
                f"{', '.join(settings.problems)}, not {given.kind!r}"
            )
        return f"{method} on {problem}: {reason}" if reason else None

    def check_data(self, method: str, problem: str, loaded: Any) -> None:
        """Raise `ValueError` if `method` cannot be trained on the loaded problem."""
        reason = self.method(method, problem).refuses_data(loaded)
        if reason:
            raise ValueError(f"{method} on {problem}: {reason}")

    def rows(self, methods: Iterable[str]) -> tuple[str, ...]:
        """The table rows that entries of `methods` stand for, in order.

        A method stands for its row of the same name, or, without one, for all its
        variants; a variant may also be named itself.
        """
        found: list[str] = []
        for name in methods:
            own = self.rows_of(name) if name in self.methods else [name]
            found += [name] if name in own else own
        return tuple(found)

    def owner(self, row: str) -> str:
        """The method that a row belongs to. Raises `ValueError` for an unknown row."""
        for method in self.methods:
            if row in (method, *self.rows_of(method)):
                return method
        raise ValueError(unknown("row", row, self._all_rows()))

    def seed_of(self, figure: FigureConfig) -> int:
        """The seed whose runs a figure shows."""
        return self.seeds[0] if figure.seed is None else figure.seed

    def seeds_of(self, entry: OutputConfig) -> tuple[int, ...]:
        """The seeds whose runs a table or figure shows."""
        if isinstance(entry, FigureConfig):
            return (self.seed_of(entry),)
        return getattr(entry, "seeds", ()) or self.seeds

    def seeds_on(self, problem: str) -> tuple[int, ...]:
        """The seeds with which tables and figures show a problem, each once."""
        shown = (
            self.seeds_of(entry)
            for _, _, entry in self._outputs()
            if problem in entry.problems
        )
        return tuple(dict.fromkeys(chain.from_iterable(shown)))

    def runs(self) -> list[Run]:
        """All runs that tables and figures need, in order, each once."""
        return list(
            dict.fromkeys(
                (problem, self.owner(row), seed)
                for _, _, entry in self._outputs()
                for problem in entry.problems
                for row in entry.methods
                for seed in self.seeds_of(entry)
            )
        )

    def used(self) -> tuple[str, ...]:
        """The problems that tables and figures show, in their order, each once."""
        shown = (name for _, _, entry in self._outputs() for name in entry.problems)
        return tuple(dict.fromkeys(shown))

    def papers(self) -> tuple[str, ...]:
        """The papers whose numbers or statements stand next to ours, in order."""
        named = (self.paper, *(entry.published for entry in self.tables.values()))
        return tuple(dict.fromkeys(p.split("/")[0] for p in named if p))


def _given(part: Any, levels: int) -> Any:
    """`part` without null entries, in that many levels of mappings."""
    if not levels or not isinstance(part, Mapping):
        return part
    return {k: _given(v, levels - 1) for k, v in part.items() if v is not None}
