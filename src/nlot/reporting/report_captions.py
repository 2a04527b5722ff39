"""Captions of what the workflow's report shows, from the configuration."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nlot.config import Config, FigureConfig, MetricFigureConfig, Section
from nlot.reporting.labels import method_label

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


def table1_training(config: Config) -> str:
    """How much the methods of Table 1 train."""
    table = config.table1
    return methods_training(config, table.methods, table.tasks)


def table2_training(config: Config) -> str:
    """How much the learners of Table 2 train; nothing where there is no such table."""
    table = config.table2
    return learners_training(config, table.learners, table.sequences) if table else ""


def figure_caption(config: Config, name: str) -> str:
    """Whose runs a figure shows, "figure1" to "figure4", and how they were trained."""
    section = getattr(config, name)
    if isinstance(section, FigureConfig):
        return (
            f"Runs of {_join(section.methods)} on {', '.join(section.tasks)}, seed "
            f"{section.seed}; {section.paths} paths a panel. "
            + methods_training(config, section.methods, section.tasks)
        )
    if isinstance(section, MetricFigureConfig):
        return (
            f"Runs of {_join(section.learners)} on {', '.join(section.sequences)}, "
            f"seed {section.seed}. "
            + learners_training(config, section.learners, section.sequences)
        )
    raise ValueError(f"{name}: the configuration asks for none")


def methods_training(
    config: Config, methods: Iterable[str], tasks: Iterable[str]
) -> str:
    """How much methods train on tasks, in sentences."""
    return _sentences(config.method, methods, tuple(tasks))


def learners_training(
    config: Config, learners: Iterable[str], sequences: Iterable[str]
) -> str:
    """How much learners train on sequences, in sentences."""
    return _sentences(config.learner, learners, tuple(sequences))


def _sentences(
    settings: Callable[[str, str], Section],
    methods: Iterable[str],
    subjects: Sequence[str],
) -> str:
    return " ".join(
        _training(method, {name: settings(method, name) for name in subjects})
        for method in methods
    )


def _training(method: str, settings: Mapping[str, Section]) -> str:
    """A sentence; tasks that share their settings share their words."""
    words: dict[str, list[str]] = {}
    for task, section in settings.items():
        words.setdefault(", ".join(_amounts(section)), []).append(task)
    if len(words) == 1:
        return f"{method_label(method)}: {next(iter(words))}."
    parts = [f"{amounts} ({', '.join(tasks)})" for amounts, tasks in words.items()]
    return f"{method_label(method)}: {'; '.join(parts)}."


def _amounts(section: Section) -> Iterator[str]:
    data = section.model_dump()
    for where, words in _AMOUNTS.items():
        value: Any = data
        for key in where.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, int):
            # A batch of none is one of all samples.
            yield f"{words} {value or 'all samples'}"


def _join(names: Iterable[str]) -> str:
    return ", ".join(map(method_label, names))
