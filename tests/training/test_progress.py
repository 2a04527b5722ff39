"""Long silences are broken, and short work says nothing."""

import re
import threading
import time

import pytest

from nlot.training.progress import Reporter

WORK = 0.5


@pytest.mark.parametrize("silence, least, most", [(0.05, 1, 10), (60.0, 0, 0)])
def test_long_work_is_spoken_of(capsys, monkeypatch, silence, least, most):
    """At most as often as a silence fits in it, whatever the machine is busy with."""
    monkeypatch.setattr("nlot.training.progress._SILENCE", silence)
    report = Reporter("run")
    since = time.monotonic()
    with report.busy("matching"):
        time.sleep(WORK)
    took = time.monotonic() - since
    said = re.findall(r"run: matching, (\d+) s\n", capsys.readouterr().err)
    assert least <= len(said) <= most * took / WORK


def test_work_that_follows_a_report_is_no_silence_yet(capsys, monkeypatch):
    monkeypatch.setattr("nlot.training.progress._SILENCE", 60.0)
    report = Reporter("run")
    monkeypatch.setattr(report, "said", time.monotonic() - 50.0)
    report.start(2, 1)
    report(1, {"loss": 1.0})
    with report.busy("matching"):
        time.sleep(0.1)
    assert "matching" not in capsys.readouterr().err
    assert time.monotonic() - report.said < 50.0


def test_work_that_fails_is_spoken_of_no_more(capsys, monkeypatch):
    monkeypatch.setattr("nlot.training.progress._SILENCE", 0.01)
    report, before = Reporter("run"), threading.active_count()
    with pytest.raises(RuntimeError, match="no optimum"), report.busy("matching"):
        time.sleep(0.1)
        raise RuntimeError("no optimum")
    assert threading.active_count() == before
    assert "matching" in capsys.readouterr().err
    time.sleep(0.1)
    assert not capsys.readouterr().err
