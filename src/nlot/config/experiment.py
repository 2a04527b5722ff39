"""A whole configuration, and how its parts must agree."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pydantic
from pydantic import Field

from nlot.config.base import Name, Section, Seed, merge
from nlot.config.errors import describe
from nlot.config.learners import (
    LearnerConfig,
    ScarvelisSolomonConfig,
    parse_learner,
)
from nlot.config.methods import MethodConfig, parse_method
from nlot.config.reserved import check_known, check_once, check_reserved
from nlot.config.results import (
    EvaluationConfig,
    FigureConfig,
    MetricFigureConfig,
    ResourcesConfig,
    Table1Config,
    Table2Config,
)
from nlot.config.sequences import SequenceConfig
from nlot.config.tasks import TaskConfig

_SECTIONS = ("table1", "figure1", "figure2", "table2", "figure3", "figure4")
# Figures of paths show two coordinates.
_PLANE = 2


class Config(Section):
    """A whole configuration."""

    preset: Name = Field(description="results go to `results/<preset>/`")
    seeds: tuple[Seed, ...] = Field(
        min_length=1, description="of all runs; the first is that of the ground truth"
    )
    tasks: dict[Name, TaskConfig] = Field(min_length=1, description="by name")
    methods: dict[Name, MethodConfig] = Field(min_length=1, description="by name")
    overrides: dict[Name, dict[Name, dict[str, Any]]] = Field(
        default_factory=dict,
        description="`overrides.<method>.<task>`: settings of a method that differ for "
        "a task, merged into `methods.<method>`",
    )
    sequences: dict[Name, SequenceConfig] = Field(
        default_factory=dict, description="by name, which no task may have"
    )
    learners: dict[Name, LearnerConfig] = Field(
        default_factory=dict, description="methods that learn a metric, by name"
    )
    learner_overrides: dict[Name, dict[Name, dict[str, Any]]] = Field(
        default_factory=dict,
        description="`learner_overrides.<learner>.<sequence>`, as in `overrides`",
    )
    evaluation: EvaluationConfig = EvaluationConfig()
    resources: ResourcesConfig = ResourcesConfig()
    table1: Table1Config = Field(description="Table 1")
    figure1: FigureConfig = Field(description="Figure 1")
    figure2: FigureConfig = Field(description="Figure 2")
    table2: Table2Config | None = Field(None, description="Table 2; null: not made")
    figure3: MetricFigureConfig | None = Field(
        None, description="Figure 3; null: not made"
    )
    figure4: MetricFigureConfig | None = Field(
        None, description="Figure 4; null: not made"
    )

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Config":
        check_reserved(self.preset, self.methods, self.learners)
        check_once("seeds", self.seeds)
        for name in self.sequences:
            if name in self.tasks:
                raise ValueError(f"sequences: {name!r} is the name of a task, too")
        for section in _SECTIONS:
            part = getattr(self, section)
            if part is None:
                continue
            for what in ("tasks", "methods", "sequences", "learners"):
                names = getattr(part, what, ())
                check_known(f"{section}.{what}", names, getattr(self, what))
                check_once(f"{section}.{what}", names)
            check_once(f"{section}.controls", getattr(part, "controls", ()))
            # Rows of a method's variants have names of their own.
            check_once(f"{section}: row", self.rows(getattr(part, "methods", ())))
        for section in ("figure1", "figure2"):
            for name in getattr(self, section).tasks:
                if self.tasks[name].dimension < _PLANE:
                    raise ValueError(
                        f"{section}.tasks: {name!r} has dimension "
                        f"{self.tasks[name].dimension}; a figure of paths needs "
                        f"{_PLANE} or more"
                    )
        for learner in self.figure4.learners if self.figure4 else ():
            if isinstance(self.learners[learner], ScarvelisSolomonConfig):
                raise ValueError(
                    f"figure4.learners: {learner!r} learns no maps to draw"
                )
        self._check_overrides("overrides", self.methods, self.tasks, self.method)
        self._check_overrides(
            "learner_overrides", self.learners, self.sequences, self.learner
        )
        for sequence, learner, _ in self.metric_runs():
            self._check_groups(sequence, learner)
        for task, method, _ in self.runs():
            kind = self.tasks[task].lagrangian.kind
            if self.methods[method].kind == "nlsb" and kind != "newtonian":
                raise ValueError(
                    f"{method} on {task}: tasks.{task}.lagrangian.kind is {kind!r}; "
                    "nlsb needs 'newtonian'"
                )
        return self

    def _check_groups(self, sequence: str, learner: str) -> None:
        settings, data = self.learner(learner, sequence), self.sequences[sequence].data
        if not isinstance(settings, ScarvelisSolomonConfig):
            return
        if data.kind == "generated" and len(data.groups) % settings.groups:
            raise ValueError(
                f"{learner} on {sequence}: {settings.groups} groups do not divide the "
                f"{len(data.groups)} of sequences.{sequence}.data.groups"
            )

    def _check_overrides(
        self,
        section: str,
        methods: Mapping[str, Any],
        subjects: Mapping[str, Any],
        settings: Callable[[str, str], Any],
    ) -> None:
        overrides = getattr(self, section)
        check_known(section, overrides, methods)
        for method, parts in overrides.items():
            check_known(f"{section}.{method}", parts, subjects)
            for subject in parts:
                settings(method, subject)

    def method(self, method: str, task: str) -> MethodConfig:
        """Settings of `method` on `task`, overrides applied."""
        override = self.overrides.get(method, {}).get(task, {})
        data = merge(self.methods[method].model_dump(), override)
        try:
            return parse_method(data)
        except pydantic.ValidationError as error:
            raise ValueError(
                describe(error, data, prefix=f"overrides.{method}.{task}")
            ) from None

    def rows(self, methods: Iterable[str]) -> tuple[str, ...]:
        """The methods as tables name them: some have several variants, a row each."""
        return tuple(
            f"{method}_{variant}" if variant else method
            for method in methods
            for variant in self.methods[method].variants or ("",)
        )

    def learner(self, learner: str, sequence: str) -> LearnerConfig:
        """Settings of `learner` on `sequence`, overrides applied."""
        override = self.learner_overrides.get(learner, {}).get(sequence, {})
        data = merge(self.learners[learner].model_dump(), override)
        try:
            return parse_learner(data)
        except pydantic.ValidationError as error:
            raise ValueError(
                describe(error, data, prefix=f"learner_overrides.{learner}.{sequence}")
            ) from None

    def metric_runs(self) -> list[tuple[str, str, int]]:
        """All `(sequence, learner, seed)` that tables and figures need, in order."""
        wanted = [
            (sequence, learner, seed)
            for part, seeds in (
                (self.table2, self.seeds),
                (self.figure3, (self.figure3.seed,) if self.figure3 else ()),
                (self.figure4, (self.figure4.seed,) if self.figure4 else ()),
            )
            if part is not None
            for sequence in part.sequences
            for learner in part.learners
            for seed in seeds
        ]
        return list(dict.fromkeys(wanted))

    def runs(self) -> list[tuple[str, str, int]]:
        """All `(task, method, seed)` that tables and figures need, in order."""
        table = [
            (task, method, seed)
            for task in self.table1.tasks
            for method in self.table1.methods
            for seed in self.seeds
        ]
        figures = [
            (task, method, figure.seed)
            for figure in (self.figure1, self.figure2)
            for task in figure.tasks
            for method in figure.methods
        ]
        return list(dict.fromkeys(table + figures))
