"""A method from outside the package, by a line of the registry and settings alone."""

import jax
import numpy as np
import pytest

import nlot
from nlot.config import parse_config
from nlot.config.kinds import KINDS, register
from nlot.methods import row_label
from nlot.methods.capabilities import CAPABILITIES, capable


@pytest.fixture(scope="module")
def median():
    """Registered while the tests of this module run."""
    register("method", "median", "tests.methods.median")
    yield "median"
    del KINDS["method"]["median"]


@pytest.fixture
def whole(raw, median):
    raw["methods"]["mine"] = {"kind": median, "steps": 150}
    raw["tables"]["table1"]["methods"] = ["nlot", "mine"]
    return parse_config(raw)


def test_it_is_trained_stored_and_opened_as_any_other(whole, tmp_path):
    run = nlot.train(whole, "free", "mine", 0, tmp_path)
    x = run.problem.source.sample(jax.random.key(0), 100)
    np.testing.assert_allclose(
        run.transport(x) - x, np.tile([2.25, 0], (100, 1)), atol=0.1
    )
    loaded = nlot.load(tmp_path)
    np.testing.assert_array_equal(loaded.transport(x), run.transport(x))
    assert [v.header["method"] for v in loaded.variants] == ["mine"]


def test_it_has_rows_and_a_label(whole, median):
    assert ("well", "mine", 1) not in whole.runs()
    assert ("free", "mine", 1) in whole.runs()
    assert row_label(median) == "Median"


def test_it_can_do_what_its_settings_say(whole, tmp_path):
    run = nlot.train(whole, "well", "mine", 1, tmp_path)
    able = {name for name in CAPABILITIES if capable(run, name)}
    assert able == run.config.capabilities == {"map"}


def test_a_kind_that_is_taken_is_an_error(median):
    with pytest.raises(ValueError, match="'nlot' is registered as"):
        register("method", "nlot", "tests.methods.median")
