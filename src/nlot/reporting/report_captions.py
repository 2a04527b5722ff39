"""Captions of what the workflow's report shows, from the configuration.

Methods have the names of the preset: every job of the workflow reads this, and labels
would import all that they are of.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nlot.config import Experiment

# What says how much a method trains, wherever it stands among the settings.
_AMOUNTS = ("rounds", "steps", "time_steps", "batch")


def table_caption(experiment: Experiment, name: str) -> str:
    """What a table is of, and how much its methods were trained."""
    table = experiment.tables[name]
    seeds = experiment.seeds_of(table)
    numbers = f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
    shown = f"Preset {experiment.preset}, {numbers}: {', '.join(table.problems)}."
    return f"{shown} {training(experiment, table.methods, table.problems)}".strip()


def figure_caption(experiment: Experiment, name: str) -> str:
    """Whose runs a figure shows, and how much they were trained."""
    figure = experiment.figures[name]
    methods, problems = ", ".join(figure.methods), ", ".join(figure.problems)
    shown = f"Runs of {methods} on {problems}, seed {experiment.seed_of(figure)}."
    return f"{shown} {training(experiment, figure.methods, figure.problems)}"


def training(
    experiment: Experiment, rows: Iterable[str], problems: Iterable[str]
) -> str:
    """How much methods train on problems, a sentence a method.

    `rows` are methods or variants of them; a method has its sentence once. Problems
    that share their settings share their words.
    """
    names, sentences = tuple(problems), []
    for method in dict.fromkeys(map(experiment.owner, rows)):
        words: dict[str, list[str]] = {}
        for name in names:
            settings = experiment.method(method, name).model_dump()
            words.setdefault(", ".join(_amounts(settings)), []).append(name)
        parts = [f"{amounts} ({', '.join(of)})" for amounts, of in words.items()]
        told = "; ".join(parts if len(words) > 1 else words)
        sentences.append(f"{method}: {told}.")
    return " ".join(sentences)


def _amounts(settings: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """Those of a section, and then those of the sections in it."""
    for key, value in settings.items():
        if key in _AMOUNTS and value is not None:
            # A batch of none is one of all samples.
            amount = "all samples" if (key, value) == ("batch", 0) else value
            yield f"{within}{key} {amount}"
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _amounts(value, f"{within}{key}.")
