"""A whole configuration, and how its parts must agree."""

from collections.abc import Mapping
from typing import Any

import pydantic
from pydantic import Field

from nlot.config.base import Name, Section, Seed, describe, merge
from nlot.config.methods import MethodConfig, parse_method
from nlot.config.results import (
    EvaluationConfig,
    FigureConfig,
    ResourcesConfig,
    Table1Config,
)
from nlot.config.tasks import TaskConfig


class Config(Section):
    """A whole configuration."""

    preset: Name = Field(description="results go to `results/<preset>/`")
    seeds: tuple[Seed, ...] = Field(min_length=1, description="runs of Table 1")
    tasks: dict[Name, TaskConfig] = Field(description="by name")
    methods: dict[Name, MethodConfig] = Field(description="by name")
    overrides: dict[Name, dict[Name, dict[str, Any]]] = Field(
        default_factory=dict,
        description="`overrides.<method>.<task>`: settings of a method that differ for "
        "a task, merged into `methods.<method>`",
    )
    evaluation: EvaluationConfig = EvaluationConfig()
    resources: ResourcesConfig = ResourcesConfig()
    table1: Table1Config = Field(description="Table 1")
    figure1: FigureConfig = Field(description="Figure 1")
    figure2: FigureConfig = Field(description="Figure 2")

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> "Config":
        for seed in self.seeds:
            if self.seeds.count(seed) > 1:
                raise ValueError(f"seeds: {seed} is listed twice in {self.seeds}")
        for section in ("table1", "figure1", "figure2"):
            part = getattr(self, section)
            for what in ("tasks", "methods"):
                names = getattr(part, what)
                _check_names(f"{section}.{what}", names, getattr(self, what))
                for name in names:
                    if names.count(name) > 1:
                        raise ValueError(f"{section}.{what}: {name!r} is listed twice")
        _check_names("overrides", self.overrides, self.methods)
        for method, tasks in self.overrides.items():
            _check_names(f"overrides.{method}", tasks, self.tasks)
            for task in tasks:
                self.method(method, task)
        return self

    def method(self, method: str, task: str) -> MethodConfig:
        """Settings of `method` on `task`, overrides applied."""
        override = self.overrides.get(method, {}).get(task, {})
        data = merge(self.methods[method].model_dump(), override)
        try:
            return parse_method(data)
        except pydantic.ValidationError as error:
            raise ValueError(
                describe(error, prefix=f"overrides.{method}.{task}")
            ) from None

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


def _check_names(key: str, names: Any, known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{key}: unknown {name!r}; valid: {', '.join(known)}")
