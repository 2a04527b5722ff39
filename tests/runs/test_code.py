"""What code training and measurements depend on."""

import pytest

from nlot.runs import code


@pytest.fixture
def modules(monkeypatch):
    """Reads what is given to `fingerprint`, in place of its hash."""
    monkeypatch.setattr(code, "fingerprint", lambda *names, words=True: " ".join(names))
    return str.split


METHODS = "nlot.methods."
# Of the well, and of particles along a metric.
WELL = {
    "nlot.problems.transport",
    "nlot.measures.distributions",
    "nlot.costs.lagrangians",
    "nlot.costs.potentials",
}
CROSSING = {
    "nlot.problems.sequence",
    "nlot.measures.particles",
    "nlot.costs.metrics",
}


def test_training_depends_on_one_method_and_the_problem(modules, whole):
    found = set(modules(code.training_code(whole, "well", "nlsb")))
    assert {"nlot.runs.job", *WELL} < found
    assert not found & CROSSING
    used = {name for name in found if name.startswith(METHODS)}
    assert used == {"nlot.methods.nlsb.training", "nlot.methods.nlsb.config"}


def test_training_depends_on_methods_within_a_method(modules, whole):
    """And on what else its settings stand for."""
    found = set(modules(code.training_code(whole, "crossing", "legs")))
    inside = {"nlot.methods.nlot_plus.training", "nlot.costs.fitted_density"}
    assert {"nlot.methods.legs.training", *inside, *CROSSING} < found


def test_measurements_depend_on_what_opens_the_run(modules, whole):
    found = set(modules(code.evaluation_code(whole, "crossing", "metric_nlot")))
    assert found > CROSSING
    assert not found & WELL
    assert any(name.startswith("nlot.evaluation") for name in found)
    used = {name for name in found if name.startswith(METHODS)}
    assert used == {"nlot.methods.metric_nlot.run", "nlot.methods.metric_nlot.config"}


def test_controls_depend_on_no_method(modules, whole):
    found = set(modules(code.controls_code(whole, "well")))
    assert found > WELL
    assert any(name.startswith("nlot.evaluation") for name in found)
    assert not [name for name in found if name.startswith(METHODS)]


def test_methods_differ_and_names_do_not_count(whole):
    """The hash is that of code: settings and names are compared by themselves."""
    kinds = ("nlot", "nlot_plus", "nlsb")
    codes = {kind: code.training_code(whole, "well", kind) for kind in kinds}
    assert len(set(codes.values())) == 3
    renamed = whole.model_copy(update={"methods": {"mine": whole.methods["nlsb"]}})
    assert code.training_code(renamed, "well", "mine") == codes["nlsb"]
