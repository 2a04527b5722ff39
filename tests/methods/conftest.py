"""One short training of every kind of method, which many tests share."""

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from nlot.config.kinds import target
from nlot.problems.transport import Transport
from nlot.training.progress import Reporter
from nlot.training.streams import stream

from ..conftest import HOLLOW, METHODS

SEED = 3


@pytest.fixture(scope="session")
def hollow(make_problem) -> Transport:
    """A quarter of a turn along a ring."""
    return make_problem(**HOLLOW)


@pytest.fixture(scope="session")
def train_kind(
    make_method, well, hollow, translations, towers, pairs, strips
) -> Callable[..., SimpleNamespace]:
    """Trains a kind of method on a problem that it solves, with tiny settings."""

    problems: dict[str, Any] = {
        "transport": (well, hollow),
        "sequence": (translations.sequence,),
        "collection": (towers,),
        "geodesics": (pairs,),
        "pairs": (strips,),
    }

    def train(kind: str, seed: int = SEED) -> SimpleNamespace:
        method, config = target("method", kind), make_method(kind)
        known = problems[config.problems[0]]
        problem = next(p for p in known if not config.refuses_data(p))
        report = Reporter(kind)
        networks, history = method.train(
            problem, config, stream(seed, "training"), report
        )
        return SimpleNamespace(
            method=method,
            config=config,
            problem=problem,
            networks=networks,
            history=history,
            report=report,
        )

    return train


@pytest.fixture(scope="session")
def trained_kind(train_kind) -> Callable[[str], SimpleNamespace]:
    """The same, each kind once."""
    return cache(train_kind)


@pytest.fixture(scope="session")
def open_kind(trained_kind) -> Callable[[str], Any]:
    """The run of a kind of method, with a header as a stored run has it."""
    header = {
        "problem": "some",
        "method": "mine",
        "provenance": {"seed": SEED, "minutes": 1.0, "device": "cpu"},
    }

    def opened(kind: str) -> Any:
        t = trained_kind(kind)
        return t.method.open(t.problem, t.config, t.networks, header)

    return opened


@pytest.fixture(scope="session", params=METHODS)
def trained(request, trained_kind) -> SimpleNamespace:
    """Each kind of method, trained."""
    return trained_kind(request.param)


@pytest.fixture(scope="session")
def run(trained, open_kind) -> Any:
    """The run of each kind of method."""
    return open_kind(trained.config.kind)
