"""A short run of every kind of method in a folder, which many tests share."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import nlot
from nlot.config import Experiment, parse_config

from ..conftest import HOLLOW, METHODS, PAIRS, STRIPS, TOWERS, sequence_settings

SEED = 3


@pytest.fixture(scope="session")
def every_method(tmp_path_factory, translations) -> dict[str, Any]:
    """Settings with all methods; `given` has a measure with a point less."""
    table = [
        np.insert(measure, 0, time, axis=1)
        for time, measure in enumerate(translations.sequence.measures)
    ]
    path = tmp_path_factory.mktemp("samples") / "given.csv"
    np.savetxt(path, np.concatenate(table)[:-1], delimiter=",")
    raw = sequence_settings()
    raw["methods"] = deepcopy(METHODS)
    raw["problems"]["given"]["data"]["path"] = str(path)
    raw["problems"] |= {
        "hollow": {"kind": "transport", **HOLLOW},
        "towers": TOWERS,
        "pairs": PAIRS,
        "strips": STRIPS,
    }
    return raw


@pytest.fixture(scope="session")
def whole(every_method) -> Experiment:
    return parse_config(every_method)


@pytest.fixture(scope="session")
def problem_of(whole) -> Callable[[str], str]:
    """The problem that a kind of method is trained on."""

    def find(kind: str) -> str:
        known = ("well", "hollow", "given", "towers", "pairs", "strips")
        return next(name for name in known if not whole.unable(kind, name))

    return find


@pytest.fixture(scope="session")
def stored_run(whole, problem_of, tmp_path_factory) -> Callable[[str], Any]:
    """The run of a kind of method, trained once, and its folder."""

    @cache
    def find(kind: str) -> SimpleNamespace:
        folder: Path = tmp_path_factory.mktemp(kind)
        run = nlot.train(whole, problem_of(kind), kind, SEED, folder)
        return SimpleNamespace(run=run, folder=folder, kind=kind)

    return find


@pytest.fixture(scope="session", params=METHODS)
def stored(request, stored_run) -> Any:
    """The run of each kind of method, and its folder."""
    return stored_run(request.param)
