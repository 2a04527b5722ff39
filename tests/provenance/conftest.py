"""Headers of runs, and records made of them."""

from collections.abc import Callable

import pytest

from nlot.provenance.record import provenance
from nlot.provenance.records import Records, origins


def _header(names: dict, seed: int, minutes: float, **changes: object) -> dict:
    made = provenance({"settings": names}, seed, 60.0 * minutes)
    return {**names, "provenance": {**made, **changes}}


@pytest.fixture
def make_header() -> Callable[..., dict]:
    """The header of a run: its names, seed and minutes, and changes of provenance."""
    return _header


@pytest.fixture
def records() -> Records:
    """Runs of two methods, made at two commits, and what was measured on them."""
    headers = [
        _header({"problem": "free", "method": method}, seed, 1.5, commit=commit * 40)
        for method, commit in (("nlot", "a"), ("nlsb", "b"))
        for seed in range(2)
    ]
    return Records(origins(headers), origins(headers[:1]))
