"""Captions of what the workflow's report shows, from the configuration.

Methods have the names of the preset: every job of the workflow reads this, and labels
would import all that they are of.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nlot.config import Experiment, Section

# What says how much a method trains, by where it stands among the settings.
_AMOUNTS = {
    "steps": "steps",
    "batch": "batch",
    "time_steps": "time steps",
    "rounds": "rounds",
    "paths.steps": "steps of the paths",
    "regression.steps": "steps of the regression",
    "polish.rounds": "rounds of the polish",
    "polish.steps": "steps of each",
    "direction.steps": "steps of the directions",
    "maps.steps": "steps of the maps",
    "potential_fit.steps": "steps of the potentials",
    "metric_fit.steps": "steps of the metric",
}


def table_caption(experiment: Experiment, name: str) -> str:
    """What a table is of, and how much its methods were trained."""
    table = experiment.tables[name]
    seeds = ", ".join(map(str, experiment.seeds))
    return (
        f"Preset {experiment.preset}, seeds {seeds}: {', '.join(table.problems)}. "
        + training(experiment, table.methods, table.problems)
    ).strip()


def figure_caption(experiment: Experiment, name: str) -> str:
    """Whose runs a figure shows, and how much they were trained."""
    figure = experiment.figures[name]
    return (
        f"Runs of {', '.join(figure.methods)} on {', '.join(figure.problems)}, seed "
        f"{experiment.seed_of(figure)}. "
        + training(experiment, figure.methods, figure.problems)
    )


def training(
    experiment: Experiment, rows: Iterable[str], problems: Iterable[str]
) -> str:
    """How much methods train on problems, a sentence a method.

    `rows` are methods or variants of them; a method has its sentence once.
    """
    names = tuple(problems)
    return " ".join(
        _training(method, {name: experiment.method(method, name) for name in names})
        for method in dict.fromkeys(experiment.owner(row) for row in rows)
    )


def _training(method: str, settings: Mapping[str, Section]) -> str:
    """A sentence; problems that share their settings share their words."""
    words: dict[str, list[str]] = {}
    for problem, section in settings.items():
        words.setdefault(", ".join(_amounts(section)), []).append(problem)
    if len(words) == 1:
        return f"{method}: {next(iter(words))}."
    parts = [f"{amounts} ({', '.join(names)})" for amounts, names in words.items()]
    return f"{method}: {'; '.join(parts)}."


def _amounts(section: Section) -> Iterator[str]:
    data = section.model_dump()
    for where, words in _AMOUNTS.items():
        value: Any = data
        for key in where.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int):
            # A batch of none is one of all samples.
            yield f"{words} {value or 'all samples'}"
