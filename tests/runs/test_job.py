"""A killed run resumes from its checkpoint, and ends with the same weights."""

import os

import jax
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache

import nlot
from nlot.config import parse_config
from nlot.training.checkpoints import CHECKPOINT
from nlot.training.progress import Reporter

# The number of reports of an uninterrupted run.
REPORTS = {
    "nlot": 3,
    "nlot_plus": 7,
    "nlsb": 2,
    "metric_nlot": 3,
    "metric_nlot_plus": 12,
    "scarvelis_solomon": 8,
}


class KilledError(Exception):
    """In place of a signal that would end the tests, too."""


@pytest.fixture(scope="module")
def keen(every_method):
    """Settings of all methods, with a checkpoint after every report."""
    return parse_config({**every_method, "resources": {"checkpoint_minutes": 0}})


@pytest.fixture(scope="module")
def train(keen, translations, tmp_path_factory):
    """Trains a kind of method in a folder; a metric on the translations.

    Those of every seed are somewhere else.
    """
    folder = tmp_path_factory.mktemp("samples")
    points = np.asarray(translations.sequence.points)
    samples = [folder / f"seed_{seed}.npz" for seed in range(2)]
    for seed, path in enumerate(samples):
        np.savez(path, samples=(1 + 0.1 * seed) * points + seed)

    def run(kind, folder, seed=0):
        if "transport" in keen.methods[kind].problems:
            return nlot.train(keen, "well", kind, seed, folder)
        return nlot.train(keen, "crossing", kind, seed, folder, samples[seed])

    return run


@pytest.fixture(scope="module")
def misses():
    """A list that grows with every program that is in no cache; listeners stay."""
    found = []

    def listen(event, **_):
        if event == "/jax/compilation_cache/cache_misses":
            found.append(event)

    jax.monitoring.register_event_listener(listen)
    return found


@pytest.fixture
def empty_cache(tmp_path):
    """A cache of programs for one test, which keeps the quickly compiled ones, too."""
    names = ("compilation_cache_dir", "persistent_cache_min_compile_time_secs")
    before = {name: getattr(jax.config, f"jax_{name}") for name in names}

    def use(settings):
        for name, value in settings.items():
            jax.config.update(f"jax_{name}", value)
        compilation_cache.reset_cache()
        jax.clear_caches()

    use(dict(zip(names, (str(tmp_path / "programs"), 0), strict=True)))
    yield
    use(before)


@pytest.fixture
def kill_after(monkeypatch):
    """Lets the next run die at its n-th report, before that chunk is kept."""

    def arm(n):
        left = [n]
        report = Reporter.__call__

        def counted(self, step, record):
            left[0] -= 1
            if left[0] == 0:
                monkeypatch.setattr(Reporter, "__call__", report)
                raise KilledError
            report(self, step, record)

        monkeypatch.setattr(Reporter, "__call__", counted)

    return arm


def outcome(folder):
    """Weights and history, to the bit; the header states times."""
    _, _, weights = (folder / "model.eqx").read_bytes().partition(b"\n")
    return weights, (folder / "history.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", REPORTS)
def test_a_run_killed_twice_ends_bit_equal(kind, train, kill_after, tmp_path, capsys):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    train(kind, whole)
    assert capsys.readouterr().err.count("steps/s") == REPORTS[kind]
    # Once after the first chunk, and once in the last one.
    for reports in (2, REPORTS[kind] - 1):
        kill_after(reports)
        with pytest.raises(KilledError):
            train(kind, killed)
        assert os.listdir(killed) == [CHECKPOINT]
    capsys.readouterr()
    train(kind, killed)
    said = capsys.readouterr().err
    assert "taken from the checkpoint" in said
    assert said.count("steps/s") == 1
    assert outcome(killed) == outcome(whole)
    assert sorted(os.listdir(killed)) == ["history.csv", "model.eqx"]


@pytest.mark.slow
@pytest.mark.usefixtures("empty_cache")
@pytest.mark.parametrize("kind", REPORTS)
def test_training_another_seed_compiles_nothing(
    kind, train, misses, monkeypatch, tmp_path
):
    """Jobs share a cache of programs; a constant of the seed in one would miss it.

    The checks of a trained run search as many paths at a time as there are left, in
    programs of few sizes; they are left out.
    """
    close = Reporter.close

    def end(self):
        close(self)
        raise KilledError

    monkeypatch.setattr(Reporter, "close", end)
    counts = []
    for seed in range(2):
        jax.clear_caches()
        before = len(misses)
        with pytest.raises(KilledError):
            train(kind, tmp_path / str(seed), seed)
        counts.append(len(misses) - before)
    assert counts[0] > 0
    assert counts[1] == 0


def test_another_seed_does_not_go_on(train, kill_after, tmp_path, capsys):
    kill_after(3)
    with pytest.raises(KilledError):
        train("nlot", tmp_path / "run", seed=0)
    train("nlot", tmp_path / "run", seed=1)
    assert "seed 0, expected 1" in capsys.readouterr().err
    train("nlot", tmp_path / "clean", seed=1)
    assert outcome(tmp_path / "run") == outcome(tmp_path / "clean")


def test_minutes_count_all_attempts(train, kill_after, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("nlot.training.checkpoints.time.monotonic", lambda: now[0])
    report = Reporter.__call__

    def slow(self, step, record):
        now[0] += 60
        report(self, step, record)

    monkeypatch.setattr(Reporter, "__call__", slow)
    kill_after(3)
    with pytest.raises(KilledError):
        train("nlot", tmp_path)
    now[0] += 1e6
    train("nlot", tmp_path)
    # Two of three reports were kept, and one made again.
    assert nlot.load(tmp_path).header["provenance"]["minutes"] == pytest.approx(3)


@pytest.mark.slow
def test_data_that_are_made_anew_do_not_part_a_run(keen, kill_after, tmp_path):
    """A run that was given none goes on, too."""
    args = (keen, "crossing", "metric_nlot_plus", 0)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    nlot.train(*args, whole)
    # Two reports are those of the velocity fields.
    kill_after(2 + 3)
    with pytest.raises(KilledError):
        nlot.train(*args, killed)
    assert sorted(os.listdir(killed)) == [CHECKPOINT, "data.npz"]
    nlot.train(*args, killed)
    assert outcome(killed) == outcome(whole)
