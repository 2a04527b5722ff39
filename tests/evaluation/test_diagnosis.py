"""The measure of what runs found out about themselves."""

from types import SimpleNamespace

import pytest

from nlot.config import EvaluationConfig
from nlot.evaluation.rows import measured
from nlot.evaluation.transport_case import TransportCase
from nlot.methods.diagnosis import Diagnosis


@pytest.fixture
def values(free):
    """The measures of a run that can do nothing, with some diagnosis."""

    def find(diagnosis):
        subject = SimpleNamespace(diagnostics=diagnosis)
        case = TransportCase(free, subject, EvaluationConfig(), 0)
        return measured(case, "transport")

    return find


@pytest.mark.parametrize(
    ("problems", "share"), [((), 1.0), (("the map does not reach the target",), 0.0)]
)
def test_a_run_converged_if_nothing_was_found_wrong(values, problems, share):
    found = values(Diagnosis(None, None, None, None, None, problems))
    assert found == {"converged": (share, 1)}


def test_of_unchecked_runs_nothing_is_known(values):
    assert values(None) == {}
