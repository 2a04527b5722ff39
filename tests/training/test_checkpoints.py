"""The checkpoint file itself; `test_jobs.py` has whole runs that go on from one."""

import json
from pathlib import Path

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.training.checkpoints import Checkpoints, digest

IDENTITY = {"settings": "abc", "seed": 3, "versions": {"jax": "1"}}
HISTORY = [{"phase": "one", "step": 2, "loss": 0.1}]


def state(value):
    return {"w": jnp.full((3,), value, jnp.float32), "step": jnp.array(int(value))}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.eqx"


@pytest.fixture
def said():
    return []


@pytest.fixture
def opened(path, said):
    def make(interval=0.0, **changes):
        return Checkpoints(path, {**IDENTITY, **changes}, interval, said.append)

    return make


@pytest.fixture
def saved(opened, path):
    """A file with a phase that is over, and one under way."""
    kept = opened()
    kept.close("one", state(1.5), 5, HISTORY)
    kept.save("two", state(2.5), 7, [])
    return path


def test_phases_come_back_in_order(opened, saved, said):
    kept = opened()
    first, done, history = kept.restore("one", state(0.0))
    assert eqx.tree_equal(first, state(1.5))
    assert (done, history) == (5, HISTORY)
    second, done, history = kept.restore("two", state(0.0))
    assert eqx.tree_equal(second, state(2.5))
    assert (done, history) == (7, [])
    new = state(9.0)
    assert kept.restore("three", new) == (new, 0, [])
    assert said == []


def test_floats_of_the_history_come_back_to_the_bit(opened, path):
    values = np.random.default_rng(0).standard_normal(100).tolist()
    opened().save("one", state(0.0), 1, [{"loss": value} for value in values])
    _, _, history = opened().restore("one", state(0.0))
    assert [record["loss"] for record in history] == values


def test_nothing_is_saved_within_the_interval(opened, path):
    kept = opened(interval=3600.0)
    kept.save("one", state(0.0), 1, [])
    assert not path.exists()


def test_time_adds_up_over_attempts(opened, path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("nlot.training.checkpoints.time.monotonic", lambda: now[0])
    first = opened()
    now[0] += 30
    first.save("one", state(0.0), 1, [])
    now[0] += 1000
    second = opened()
    now[0] += 5
    assert second.seconds == pytest.approx(35)


@pytest.mark.parametrize(
    "change, named",
    [
        ({"settings": "other"}, "settings 'abc', expected 'other'"),
        ({"seed": 4}, "seed 3, expected 4"),
        ({"versions": {"jax": "2"}}, "versions {'jax': '1'}, expected {'jax': '2'}"),
        ({"code": "new"}, "code None, expected 'new'"),
    ],
)
def test_a_foreign_file_is_named_and_set_aside(opened, saved, said, change, named):
    kept = opened(**change)
    assert kept.restore("one", state(0.0))[1:] == (0, [])
    assert named in said[0]
    assert "of another run" in said[0]
    assert not saved.exists()
    assert saved.with_suffix(".set_aside").exists()


@pytest.mark.parametrize("place", [0, 10, 200, -200, -1])
def test_a_flipped_bit_is_noticed(opened, saved, said, place):
    content = bytearray(saved.read_bytes())
    content[place] ^= 1
    saved.write_bytes(content)
    assert opened().restore("one", state(0.0))[1:] == (0, [])
    assert len(said) == 1
    assert "checkpoint.set_aside" in said[0]


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, -1])
def test_a_truncated_file_is_noticed(opened, saved, said, kept):
    content = saved.read_bytes()
    end = int(kept * len(content)) if isinstance(kept, float) else kept
    saved.write_bytes(content[:end])
    assert opened().restore("one", state(0.0))[1:] == (0, [])
    assert len(said) == 1


@pytest.mark.parametrize("content", ["[]", "{}", "3", '{"checksum": 1}\n', "é"])
def test_another_file_is_no_checkpoint(opened, path, said, content):
    path.write_text(content, encoding="utf-8")
    opened()
    assert "checkpoint.set_aside" in said[0]


def test_a_failed_write_keeps_the_last_checkpoint(opened, saved, monkeypatch):
    before = saved.read_bytes()
    kept = opened()
    kept.restore("one", state(0.0))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        kept.save("one", state(3.0), 6, [])
    assert saved.read_bytes() == before


def test_the_header_is_plain_json(saved):
    head = json.loads(saved.read_bytes().partition(b"\n")[0])
    assert [phase["name"] for phase in head["phases"]] == ["one", "two"]
    assert head["identity"] == IDENTITY


def test_a_digest_depends_on_every_number():
    tree = {"a": jnp.arange(3.0), "b": 2}
    same = {"a": jnp.arange(3.0), "b": 2}
    assert digest(tree) == digest(same)
    for other in (
        {"a": jnp.arange(3.0).at[2].add(1e-6), "b": 2},
        {"a": jnp.arange(3.0), "b": 3},
        {"a": jnp.arange(3), "b": 2},
        {"a": jnp.arange(3.0)[None], "b": 2},
    ):
        assert digest(tree) != digest(other)


def test_what_a_killed_save_left_goes_with_the_file(opened, saved):
    leftover = saved.with_name(f".{saved.stem}.abcdefgh{saved.suffix}")
    leftover.touch()
    opened().remove()
    assert not saved.exists()
    assert not leftover.exists()
