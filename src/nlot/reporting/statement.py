"""One line about the runs that an artefact is made from, and their provenance."""

from collections.abc import Iterable
from dataclasses import replace

from nlot.config import Experiment
from nlot.evaluation import CONTROLS
from nlot.provenance.fingerprints import config_hash
from nlot.provenance.records import Job, Origin, Origins, Records, chosen
from nlot.reporting.summary import MEASURED
from nlot.reporting.table import Table

# The versions that a reader looks for; records hold those of all packages.
_PACKAGES = ("nlot", "python", "jax")
_DIGITS = 7
# Minutes from which fractions do not matter.
_LONG = 10


def stated(table: Table, records: Records, experiment: Experiment) -> Table:
    """`table` with the provenance of the runs and measurements that its numbers show.

    They are those of its problems and methods, with the seeds of its entry.
    """
    seeds = experiment.seeds_of(experiment.tables[table.name])
    ours = table.data[table.data["source"] == MEASURED]
    rows = {*zip(ours["problem"], ours["method"], strict=True)}
    # Variants of a run have rows of their own.
    runs = {(p, experiment.owner(row)) for p, row in rows if row not in CONTROLS}

    def shown(origins: Origins, pairs: set[tuple[str, str]]) -> Origins:
        return chosen(
            origins,
            lambda name, job: (job.problem, name) in pairs and job.seed in seeds,
        )

    made = Records(shown(records.training, runs), shown(records.evaluation, rows))
    return replace(table, provenance=statement(made))


def statement(records: Records) -> str:
    """Commits, devices, versions, seeds, minutes and configuration, in words.

    Values that differ between methods are given with their names. The configuration is
    a hash of those of all runs. Unknown values are left out.
    """
    trained, measured = _made(records.training), _made(records.evaluation)
    if not trained:
        return f"Measured {_where(measured)}." if measured else ""
    jobs = [job for _, origin in trained for job in origin.jobs]
    last = max(origin.finished for _, origin in trained)
    text = (
        f"Trained {_where(trained)}: {', '.join(_amounts(jobs))}, finished {last[:10]}"
    )
    if not measured:
        return f"{text}."
    alike = len({_common(origin) for _, origin in trained + measured}) == 1
    return f"{text}; measured {'the same way' if alike else _where(measured)}."


def _made(origins: Origins) -> list[tuple[str, Origin]]:
    return [(method, origin) for method, parts in origins.items() for origin in parts]


def _common(origin: Origin) -> tuple[str, str, str]:
    """Commit, device and versions in words."""
    number, mark, rest = (origin.commit or "").partition("-")
    commit = f"commit {number[:_DIGITS]}{mark}{rest}"
    return (
        commit if origin.commit else "an unknown commit",
        f"{origin.device} ({origin.platform})",
        ", ".join(f"{name} {origin.versions[name]}" for name in _PACKAGES),
    )


def _where(made: list[tuple[str, Origin]]) -> str:
    """Common values once, different ones with the methods that have them."""
    words = []
    for values in zip(*(_common(origin) for _, origin in made), strict=True):
        methods: dict[str, dict[str, None]] = {}
        for (method, _), value in zip(made, values, strict=True):
            methods.setdefault(value, {})[method] = None
        parts = [f"{value} ({', '.join(names)})" for value, names in methods.items()]
        words.append(" and ".join(parts if len(methods) > 1 else methods))
    return "at {} on {}, {}".format(*words)


def _amounts(jobs: list[Job]) -> Iterable[str]:
    minutes, seeds = sum(j.minutes for j in jobs), sorted({j.seed for j in jobs})
    yield f"{len(jobs)} run{'s' * (len(jobs) > 1)}"
    yield f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
    yield f"{minutes:.0f} min" if minutes >= _LONG else f"{minutes:.2g} min"
    hashes = {job.config_hash for job in jobs}
    if None not in hashes:
        yield f"configuration {config_hash(sorted(map(str, hashes)))[:_DIGITS]}"
