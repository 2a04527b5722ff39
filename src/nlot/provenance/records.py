"""Where rows, tables and figures come from: the jobs behind them, by method.

What stands in the headers of models, measured rows and ground truths is brought
together: jobs of a method that agree in commit, versions, device and platform make one
`Origin`. A preset may have several of a method, where it was made at several times.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nlot.provenance.files import whole_file

# What the jobs of an origin agree in.
COMMON = ("commit", "versions", "device", "platform")


class RecordsError(ValueError):
    """A file that holds no records; the message names it and the fault."""


@dataclass(frozen=True)
class Job:
    """One training run or measurement; a configuration hash that is lost is None."""

    problem: str
    seed: int
    config_hash: str | None
    minutes: float


@dataclass(frozen=True)
class Origin:
    """Jobs that were run alike; `finished` is when the last of them was."""

    commit: str | None
    versions: Mapping[str, str]
    device: str
    platform: str
    finished: str
    jobs: tuple[Job, ...]


Origins = Mapping[str, tuple[Origin, ...]]


@dataclass(frozen=True)
class Records:
    """The origins of runs and of what was measured on them, each by method.

    In `training` a method has the name of its runs, in `evaluation` that of its rows.
    """

    training: Origins
    evaluation: Origins

    def data(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return asdict(self)

    def updated(self, newer: "Records") -> "Records":
        """These, with the methods that are in `newer` as they are there."""
        return Records(
            {**self.training, **newer.training},
            {**self.evaluation, **newer.evaluation},
        )

    def joined(self, other: "Records") -> "Records":
        """All of these and of `other`: a method may be in both."""
        return Records(
            _joined(self.training, other.training),
            _joined(self.evaluation, other.evaluation),
        )


def origins(headers: Iterable[Mapping[str, Any]]) -> Origins:
    """The origins of what `headers` belong to, in their order.

    A header has `method`, `problem`, and the `provenance` of
    `nlot.provenance.record.provenance`.
    """
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for header in headers:
        common = {key: header["provenance"][key] for key in COMMON}
        alike = found.setdefault(header["method"], {})
        alike.setdefault(json.dumps(common, sort_keys=True), []).append(header)
    return {
        method: tuple(_origin(part) for part in alike.values())
        for method, alike in found.items()
    }


def _origin(headers: list[Mapping[str, Any]]) -> Origin:
    first = headers[0]["provenance"]
    return Origin(
        **{key: first[key] for key in COMMON},
        finished=max(header["provenance"]["created"] for header in headers),
        jobs=tuple(map(_job, headers)),
    )


def drawn(
    models: Iterable[Mapping[str, Any]], measured: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Records of what a figure shows, by the headers of it, as plain data for JSON."""
    return Records(origins(models), origins(measured)).data()


def _joined(first: Origins, second: Origins) -> Origins:
    methods = dict.fromkeys((*first, *second))
    return {name: first.get(name, ()) + second.get(name, ()) for name in methods}


def _job(header: Mapping[str, Any]) -> Job:
    provenance = header["provenance"]
    return Job(
        header["problem"],
        provenance["seed"],
        provenance["config_hash"],
        provenance["minutes"],
    )


def write_records(records: Records, path: str | Path) -> None:
    """Write records as JSON."""
    with whole_file(path) as temporary:
        text = json.dumps(records.data(), indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_records(path: str | Path) -> Records:
    """Read what `write_records` wrote; `RecordsError` where the file is another."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        return Records(_parsed(data["training"]), _parsed(data["evaluation"]))
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise RecordsError(f"{path}: no records can be read: {error!r}") from error


def _parsed(data: Mapping[str, list[dict[str, Any]]]) -> Origins:
    return {
        method: tuple(
            Origin(**{**part, "jobs": tuple(Job(**job) for job in part["jobs"])})
            for part in parts
        )
        for method, parts in data.items()
    }


def chosen(
    records: Origins, wanted: Callable[[str, Job], bool]
) -> dict[str, tuple[Origin, ...]]:
    """The jobs of methods that are `wanted`, and the origins that have any."""
    found = {}
    for method, parts in records.items():
        kept = []
        for part in parts:
            jobs = tuple(job for job in part.jobs if wanted(method, job))
            if jobs:
                kept.append(Origin(**{**vars(part), "jobs": jobs}))
        if kept:
            found[method] = tuple(kept)
    return found
