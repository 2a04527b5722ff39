"""What holds for every registered method."""

import subprocess
import sys
from types import SimpleNamespace

import equinox as eqx
import jax
import numpy as np
import pytest

from nlot.config.kinds import KINDS, settings_class, target
from nlot.methods import row_label
from nlot.methods.capabilities import CAPABILITIES, capable
from nlot.methods.lazy import lazily
from nlot.problems import collection
from nlot.problems.collection import Collection
from nlot.problems.sequence import Outline, Sequence
from nlot.problems.transport import Transport
from nlot.training.progress import Reporter

from ..compilations import compilations
from ..conftest import CIRCLE, METHODS, SLAB
from .conftest import SEED

KINDS_OF_METHODS = pytest.mark.parametrize("kind", METHODS)


def test_every_kind_of_the_package_is_tried():
    """Others may be registered by other tests."""
    own = {k for k, module in KINDS["method"].items() if module.startswith("nlot.")}
    assert set(METHODS) == own


def test_settings_are_read_without_jax():
    code = (
        "import sys; from nlot.config.kinds import KINDS, settings_class\n"
        "labels = [settings_class('method', kind) for kind in KINDS['method']]\n"
        "print([name for name in ('jax', 'equinox') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_lazy_name_that_is_not_there_is_an_error():
    find = lazily("nlot.methods.nlot", train="training")
    assert find("train") is target("method", "nlot").train
    with pytest.raises(AttributeError, match="has no attribute 'fly'"):
        find("fly")


@KINDS_OF_METHODS
def test_settings_name_problems_capabilities_and_variants(kind):
    config = settings_class("method", kind)
    assert set(config.problems) <= set(KINDS["problem"])
    assert config.capabilities <= set(CAPABILITIES)
    assert config.variants


@KINDS_OF_METHODS
def test_equal_settings_are_one_key_of_compiled_programs(make_method, kind):
    first, again = make_method(kind), make_method(kind)
    assert first == again
    assert hash(first) == hash(again)


@pytest.mark.parametrize(
    "kind, variant, label",
    [
        ("nlot", "", "NLOT"),
        ("nlot", "network_map", "NLOT, network map"),
        ("nlot_plus", "", "NLOT+"),
        ("nlsb", "stochastic", "NLSB (stochastic)"),
        ("nlsb", "expected", "NLSB (expected)"),
        ("metric_nlot_plus", "", "Metric NLOT+"),
        ("scarvelis_solomon", "", "Scarvelis and Solomon"),
        ("path_costs", "", "Exact path costs"),
    ],
)
def test_rows_have_labels(kind, variant, label):
    assert row_label(kind, variant) == label


def test_a_label_of_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="unknown kind 'nlotplus'"):
        row_label("nlotplus")


def test_runs_can_do_what_their_settings_say(run):
    """All of it, and nothing else, in each variant."""
    for variant in run.variants:
        able = {name for name in CAPABILITIES if capable(variant, name)}
        assert able == variant.config.capabilities


def test_each_variant_has_a_row_of_its_own(run):
    rows = [variant.header["method"] for variant in run.variants]
    assert rows == [f"mine_{v}" if v else "mine" for v in run.config.variants]
    for variant in run.variants:
        assert variant.variants[0].header == variant.header
        assert variant.networks is run.networks
        assert variant.seed == SEED
    assert run.header["method"] == "mine"


def test_untrained_networks_have_the_shapes_of_trained_ones(trained):
    """Also those built from an outline, as a stored run keeps it of samples."""
    problem = trained.problem
    kinds = {Sequence: Outline, Collection: collection.Outline}
    outlines = [
        outline(**problem.outline)
        for kind, outline in kinds.items()
        if isinstance(problem, kind)
    ]
    for given in (problem, *outlines):
        built = eqx.filter_eval_shape(
            lambda key, given=given: trained.method.build(
                given, trained.config, key=key
            ),
            jax.random.key(0),
        )
        assert jax.tree.structure(built) == jax.tree.structure(trained.networks)
        for a, b in zip(*map(jax.tree.leaves, (built, trained.networks)), strict=True):
            assert getattr(a, "shape", a) == getattr(b, "shape", b)


def test_history_has_all_steps_in_order(trained):
    steps = [record["step"] for record in trained.history]
    assert steps == sorted(set(steps))
    assert steps[-1] == trained.report.total == trained.report.done
    assert trained.history == trained.report.history


def test_weights_moved(trained):
    start = trained.method.build(trained.problem, trained.config, key=jax.random.key(9))
    same = jax.tree.map(
        lambda a, b: bool(np.array_equal(a, b)),
        eqx.filter(start, eqx.is_inexact_array),
        eqx.filter(trained.networks, eqx.is_inexact_array),
    )
    assert not all(jax.tree.leaves(same))


@KINDS_OF_METHODS
def test_another_seed_compiles_nothing(train_kind, kind):
    """Nor is any function traced again: programs are kept by settings and shapes."""
    train_kind(kind)
    with compilations() as count:
        train_kind(kind, seed=SEED + 1)
    assert (count.traced, count.compiled) == (0, 0)


def test_nlsb_refuses_what_is_not_newtonian(experiment, make_method):
    settings = make_method("nlsb")
    assert settings.refuses(experiment.problems["well"]) is None
    circle = {**SLAB, "lagrangian": CIRCLE}
    refused = settings.refuses(Transport.Config.model_validate(circle))
    assert refused == "lagrangian.kind is 'riemannian'; nlsb needs 'newtonian'"


@pytest.mark.parametrize(
    "kind, changes",
    [
        ("metric_nlot", {}),
        ("metric_nlot_plus", {}),
        ("metric_nlot_plus", {"metric": {"angle": "single"}}),
        ("scarvelis_solomon", {}),
    ],
)
def test_metrics_are_learned_in_three_dimensions(make_method, kind, changes):
    """Symmetric and positive definite ones; and maps, where there are any."""
    points = np.random.default_rng(0).normal(size=(12, 3))
    problem = Sequence.of([points + k for k in range(3)])
    method, config = target("method", kind), make_method(kind, **changes)
    networks, _ = method.train(problem, config, jax.random.key(0), Reporter(kind))
    run = method.open(problem, config, networks, {})
    matrices = np.asarray(run.metric(points))
    assert matrices.shape == (12, 3, 3)
    np.testing.assert_allclose(matrices, np.swapaxes(matrices, 1, 2), atol=1e-6)
    assert np.linalg.eigvalsh(matrices).min() > 0
    if capable(run, "journey"):
        assert run.carry(points).shape == (3, 12, 3)
        assert run.path(points, points + 1, np.linspace(0, 1, 4)).shape == (12, 4, 3)


@pytest.mark.parametrize("kind", ["metric_nlot", "metric_nlot_plus"])
def test_a_double_angle_needs_a_plane(make_method, kind):
    config = make_method(kind, metric={"angle": "double"})
    assert config.refuses(SimpleNamespace(dimension=2)) is None
    assert "use 'single'" in config.refuses(SimpleNamespace(dimension=1))
