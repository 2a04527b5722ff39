"""The provenance of rows, tables and figures: the jobs behind them, by method.

Collected from the headers of models, measured rows and ground truths: jobs of a method
that agree in commit, versions, device and platform form one `Origin`. A method may have
several in a preset that was run at different times.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from nlot.provenance.files import whole_file

# What all jobs of an origin share.
COMMON = ("commit", "versions", "device", "platform")


class RecordsError(ValueError):
    """A file without valid records; the message names the file and the fault."""


@dataclass(frozen=True)
class Job:
    """One training run or measurement; `config_hash` is None if it was lost."""

    problem: str
    seed: int
    config_hash: str | None
    minutes: float


@dataclass(frozen=True)
class Origin:
    """Jobs run under the same conditions; `finished` is when the last one ended."""

    commit: str | None
    versions: dict[str, str]
    device: str
    platform: str
    finished: str
    jobs: tuple[Job, ...]


Origins = dict[str, tuple[Origin, ...]]


@dataclass(frozen=True)
class Records:
    """The origins of runs and of their measurements, by method.

    Methods are named as their runs in `training`, and as their rows in `evaluation`.
    """

    training: Origins
    evaluation: Origins

    def updated(self, newer: "Records") -> "Records":
        """These records, with the methods in `newer` replaced by those."""
        return Records(
            self.training | newer.training, self.evaluation | newer.evaluation
        )

    def joined(self, other: "Records") -> "Records":
        """These records and those of `other`: a method may be in both."""
        return Records(
            _joined(self.training, other.training),
            _joined(self.evaluation, other.evaluation),
        )


def _joined(first: Origins, second: Origins) -> Origins:
    methods = first | second
    return {name: first.get(name, ()) + second.get(name, ()) for name in methods}


def origins(headers: Iterable[Mapping[str, Any]]) -> Origins:
    """The origins of the results with these `headers`, in their order.

    A header has `method`, `problem`, and the `provenance` of
    `nlot.provenance.record.provenance`.
    """
    found: dict[str, dict[str, Origin]] = {}
    for header in headers:
        made = header["provenance"]
        common = {key: made[key] for key in COMMON}
        alike = found.setdefault(header["method"], {})
        # As text, because a dictionary of versions cannot be a key.
        key = json.dumps(common, sort_keys=True)
        old = alike.get(key, Origin(**common, finished="", jobs=()))
        numbers = (made[name] for name in ("seed", "config_hash", "minutes"))
        alike[key] = replace(
            old,
            finished=max(old.finished, made["created"]),
            jobs=(*old.jobs, Job(header["problem"], *numbers)),
        )
    return {method: tuple(alike.values()) for method, alike in found.items()}


def drawn(
    models: Iterable[Mapping[str, Any]], measured: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Records of what a figure shows, from its headers, as plain data for JSON."""
    return asdict(Records(origins(models), origins(measured)))


def write_records(records: Records, path: str | Path) -> None:
    """Write records as JSON."""
    with whole_file(path) as temporary:
        text = json.dumps(asdict(records), indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_records(path: str | Path) -> Records:
    """Read what `write_records` wrote; raises `RecordsError` for any other file."""
    try:
        return TypeAdapter(Records).validate_json(Path(path).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        fault = f"no records can be read: {where}: {first['msg']}"
        raise RecordsError(f"{path}: {fault}") from error


def chosen(records: Origins, wanted: Callable[[str, Job], bool]) -> Origins:
    """The `wanted` jobs of each method; origins and methods without any are dropped."""
    found = {
        method: tuple(
            replace(part, jobs=jobs)
            for part in parts
            if (jobs := tuple(job for job in part.jobs if wanted(method, job)))
        )
        for method, parts in records.items()
    }
    return {method: parts for method, parts in found.items() if parts}
