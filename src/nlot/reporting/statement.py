"""In a line or two: which runs an artefact is made of, and where they come from."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from nlot.config import Experiment
from nlot.provenance.fingerprints import config_hash
from nlot.provenance.records import Job, Origin, Origins, Records, chosen
from nlot.reporting.layout import Table
from nlot.reporting.summary import MEASURED

# The versions that a reader looks for; records hold those of all packages.
_PACKAGES = ("nlot", "python", "jax", "equinox", "optax", "optimistix", "diffrax")
_DIGITS = 7
# Minutes from which fractions do not matter.
_LONG = 10


def stated(table: Table, records: Records, experiment: Experiment) -> Table:
    """`table` with the provenance of the runs and measurements that its numbers show.

    They are those of its problems and methods, with one of the experiment's seeds.
    """
    seeds = experiment.seeds_of(experiment.tables[table.name])
    ours = table.data[table.data["source"] == MEASURED]
    shown = {*zip(ours["problem"], ours["method"], strict=True)}

    def measured(method: str, job: Job) -> bool:
        return (job.problem, method) in shown and job.seed in seeds

    def trained(method: str, job: Job) -> bool:
        # Variants of a run have rows of their own.
        rows = {row for _, row in shown if _owner(experiment, row) == method}
        return any(measured(row, job) for row in rows)

    made = Records(
        chosen(records.training, trained), chosen(records.evaluation, measured)
    )
    return replace(table, provenance=statement(made))


def _owner(experiment: Experiment, row: str) -> str | None:
    try:
        return experiment.owner(row)
    except KeyError:
        return None


def statement(records: Records) -> str:
    """Commits, devices, versions, seeds, minutes and configuration, in words.

    What differs between methods stands with their names. The configuration is a hash of
    those of all runs. What is not known is left out.
    """
    trained, measured = _pairs(records.training), _pairs(records.evaluation)
    sentences = [_training(trained)] if trained else []
    if measured:
        versions = _versions(measured)
        same = bool(trained) and versions == _versions(trained)
        tail = " with the same versions" if same else f"; {versions}"
        sentences.append(f"Measured {_where(measured)}{tail}.")
    return " ".join(sentences)


def _training(pairs: list[tuple[str, Origin]]) -> str:
    jobs = [job for _, origin in pairs for job in origin.jobs]
    minutes = sum(job.minutes for job in jobs)
    last = max(origin.finished for _, origin in pairs)
    seeds = sorted({job.seed for job in jobs})
    parts = [
        f"{len(jobs)} run{'s' * (len(jobs) > 1)}",
        f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}",
        f"{minutes:.0f} min" if minutes >= _LONG else f"{minutes:.2g} min",
        *_configuration(jobs),
        f"finished {last[:10]}",
    ]
    return f"Trained {_where(pairs)}: {', '.join(parts)}; {_versions(pairs)}."


def _pairs(origins: Origins) -> list[tuple[str, Origin]]:
    return [(method, origin) for method, parts in origins.items() for origin in parts]


def _where(pairs: list[tuple[str, Origin]]) -> str:
    commits = _by_method([(m, _commit(o.commit)) for m, o in pairs])
    devices = _by_method([(m, f"{o.device} ({o.platform})") for m, o in pairs])
    return f"at {commits} on {devices}"


def _versions(pairs: list[tuple[str, Origin]]) -> str:
    return ", ".join(
        f"{name} {_by_method([(m, o.versions[name]) for m, o in pairs])}"
        for name in _PACKAGES
    )


def _commit(commit: str | None) -> str:
    if commit is None:
        return "an unknown commit"
    number, mark, rest = commit.partition("-")
    return f"commit {number[:_DIGITS]}{mark}{rest}"


def _configuration(jobs: list[Job]) -> Iterator[str]:
    hashes = {job.config_hash for job in jobs}
    if None not in hashes:
        yield f"configuration {config_hash(sorted(map(str, hashes)))[:_DIGITS]}"


def _by_method(values: list[tuple[str, Any]]) -> str:
    """A value that all share, or each with the methods that have it."""
    methods: dict[str, dict[str, None]] = {}
    for method, value in values:
        methods.setdefault(value, {})[method] = None
    if len(methods) == 1:
        return next(iter(methods))
    return " and ".join(
        f"{value} ({', '.join(names)})" for value, names in methods.items()
    )
