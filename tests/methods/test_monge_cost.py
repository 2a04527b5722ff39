"""Costs that are learned through their maps."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from nlot.config.kinds import settings_class
from nlot.discrete.couplings import assign
from nlot.discrete.learned_cost import LearnedCost, solved
from nlot.methods.monge_cost.config import Config
from nlot.methods.monge_cost.losses import Directions, Known, LowRank, Subsets
from nlot.methods.monge_cost.run import CostRun
from nlot.methods.monge_cost.training import train
from nlot.methods.monge_cost_plus.config import Config as PlusConfig
from nlot.methods.monge_cost_plus.run import PotentialRun
from nlot.methods.monge_cost_plus.training import train as train_plus
from nlot.networks.diffeomorphisms import Diffeomorphism
from nlot.networks.icnn import ICNN
from nlot.problems.pairs import Pairs
from nlot.training.loop import DivergenceError
from nlot.training.progress import Reporter

KEY = jax.random.key(0)
HEADER = {"provenance": {"seed": 0}}


def drawn(**given):
    return settings_class("paired", given["kind"]).model_validate(given).draw(KEY)


@pytest.fixture(scope="module")
def strips_run():
    """Of 48 samples in two strips, four pairs are known."""
    numbers = {"source_points": 48, "target_points": 48, "pairs": 48, "known": 4}
    data = drawn(kind="aligned", shape="t_shape", **numbers)
    problem = Pairs.of(data.source, data.target, data.given)
    config = Config.model_validate(
        {
            "kind": "monge_cost",
            "convex": {"hidden": [16, 16]},
            "temperature": {"start": 0.2, "end": 0.005},
            "steps": 200,
            "report_every": 100,
        }
    )
    networks, history = train(problem, config, KEY, Reporter("strips"))
    return data, CostRun(problem, config, networks, HEADER, history)


def test_few_pairs_tell_all_others(strips_run):
    """Under the squared distance the strips go to the wrong ones."""
    data, run = strips_run
    partner, _ = assign(run.costs(data.source, data.target))
    rows, columns = data.pairs.T
    assert (partner[rows] == columns).all()
    # An eighth of a strip's length; the squared distance is off by 11.
    apart = np.linalg.norm(run.transport(data.new_source) - data.new_target, axis=1)
    assert np.sqrt((apart**2).mean()) < 0.3
    assert run.failures < 0.05


def test_the_map_back_is_its_inverse(strips_run):
    data, run = strips_run
    back = run.transport_back(data.new_target)
    assert np.linalg.norm(back - data.new_source, axis=1).mean() < 0.3


def test_the_plan_couples_the_samples(strips_run):
    _, run = strips_run
    np.testing.assert_allclose(run.plan.sum(axis=0), 1 / 48, rtol=1e-6)
    np.testing.assert_allclose(run.plan.sum(axis=1), 1 / 48, rtol=1e-6)


def test_gradients_are_those_of_the_cost_up_to_a_factor(strips_run):
    _, run = strips_run
    z, step = np.array([[3.0, -2.0], [10.0, 1.0]]), 1e-2
    origin = np.zeros((1, 2))
    slopes = []
    for axis in np.eye(2):
        ends = [run.costs(z + s * axis, origin)[:, 0] for s in (step, -step)]
        slopes.append((ends[0] - ends[1]) / (2 * step))
    found = run.gradients(z)
    factor = (found * np.stack(slopes, 1)).sum() / (found**2).sum()
    np.testing.assert_allclose(
        factor * found, np.stack(slopes, 1), rtol=0.05, atol=0.01
    )


def test_its_lagrangian_has_the_learned_cost(strips_run):
    data, run = strips_run
    x, y = data.source[:3], data.target[:3]
    # Straight, at constant speed, in unit time.
    actions = jax.vmap(run.lagrangian)(jnp.asarray(x), jnp.asarray(y - x))
    np.testing.assert_allclose(actions, np.diag(run.costs(x, y)), rtol=1e-4)


def test_gradients_of_a_whole_loss_reach_flows_and_temperature():
    """Against differences, in double precision."""
    keys = jax.random.split(KEY, 4)
    with jax.enable_x64(True):
        h = ICNN(2, [6], key=keys[0])
        flows = [Diffeomorphism(2, layers=2, width=4, key=k) for k in keys[1:3]]
        model = jax.tree.map(
            lambda a: a.astype(jnp.float64) + 0.1 if eqx.is_inexact_array(a) else a,
            LearnedCost(h, *flows),
        )
        x = jax.random.normal(keys[3], (10, 2), jnp.float64)
        y = x[::-1] * 1.3 + 0.5
        arrays, rest = eqx.partition(model, eqx.is_inexact_array)
        flat, restore = ravel_pytree((arrays, jnp.array(0.1)))

        @jax.jit
        def value(flat):
            weights, relative = restore(flat)
            found = solved(eqx.combine(weights, rest), x, y, relative)
            images, _ = found.images(jnp.arange(10))
            back, _ = found.images(jnp.arange(10), back=True)
            return jnp.mean((images - y) ** 2) + jnp.mean((back - x) ** 2)

        gradient = jax.grad(value)(flat)
        for k in range(3):
            way = 0.1 * jax.random.normal(jax.random.key(k), flat.shape, jnp.float64)
            ends = value(flat + 1e-5 * way), value(flat - 1e-5 * way)
            slope = float(ends[0] - ends[1]) / 2e-5
            assert slope == pytest.approx(float(gradient @ way), rel=1e-6)


def known(displacements):
    x = jax.random.normal(KEY, displacements.shape)
    images = x + displacements
    return Known(
        lambda rows: (images[rows], jnp.ones(len(rows), bool)),
        x,
        images,
        jnp.zeros((0, 2), int),
        jnp.zeros((len(x), len(x))),
    )


def test_displacements_of_low_rank_cost_nothing():
    with jax.enable_x64(True):
        flat = jax.random.normal(KEY, (20, 3)) * jnp.array([1.0, 1.0, 0.0])
        loss = LowRank(2, 1.0)
        assert float(loss(known(flat))[0]) == pytest.approx(0, abs=1e-6)
        round_ = jax.random.normal(KEY, (20, 3))
        assert float(loss(known(round_))[0]) > 0.2


def test_displacements_along_the_directions_cost_nothing():
    with jax.enable_x64(True):
        axes = jnp.array([[1.0, 0.0, 0.0], [0.0, 2.0, 2.0]])
        along = jnp.concatenate([3 * axes[:1], axes[1:]] * 5)
        loss = Directions(axes, 50.0, 0.0)
        # The soft minimum of two is at most log 2 / 50 below the least.
        assert float(loss(known(along))[0]) == pytest.approx(0, abs=0.015)
        assert float(loss(known(-along))[0]) > 0.9


def test_groups_that_arrive_cost_nothing():
    """In any order within; not where they are exchanged."""
    moved = jnp.tile(jnp.array([3.0, 0.0]), (12, 1))
    here, there = (0, 1, 2, 3), (8, 9, 10, 11)
    with jax.enable_x64(True):
        right = Subsets(((here, here[::-1]), (there, there[::-1])))
        assert float(right(known(moved))[0]) == pytest.approx(0, abs=1e-6)
        wrong = Subsets(((here, there),))
        assert float(wrong(known(moved))[0]) > 0.1
        # Of the map back, sources and targets change places.
        back = Subsets(((here, there),))
        x, y = known(moved).x, known(moved).y
        given = known(moved)._replace(x=y, y=x, back=True)
        images = x[jnp.array(here)]
        given = given._replace(
            images=lambda rows: (
                images if rows.tolist() == list(there) else y[rows],
                jnp.ones(4, bool),
            )
        )
        assert float(back(given)[0]) == pytest.approx(0, abs=1e-6)


def test_a_loss_of_the_users_own(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def far(images, x, y):\n    return ((images - x) ** 2).mean()\n")
    about = {"kind": "python", "file": str(file), "name": "far"}
    config = settings_class("loss", "python").model_validate(about)
    loss = config.start(2, KEY)
    moved = jnp.full((6, 2), 2.0)
    assert float(loss(known(moved))[0]) == pytest.approx(4.0)
    file.write_text("def far(images, x, y):\n    return images - x\n")
    config = settings_class("loss", "python").model_validate(about)
    with pytest.raises(ValueError, match="loss: expected shape"):
        config.start(2, KEY)(known(moved))


@pytest.fixture(scope="module")
def few():
    """Sixteen samples in two strips, all pairs known."""
    numbers = {"source_points": 16, "target_points": 16, "pairs": 16}
    data = drawn(kind="aligned", shape="t_shape", **numbers)
    return Pairs.of(data.source, data.target, data.given)


TINY = {"convex": {"hidden": [4]}, "steps": 6, "report_every": 2}


def test_the_entropic_variant_is_the_map_of_the_papers_method(few):
    plain = train(few, Config(kind="monge_cost", **TINY), KEY, Reporter("plain"))
    config = PlusConfig(kind="monge_cost_plus", **TINY)
    networks, history = train_plus(few, config, KEY, Reporter("plus"))
    header = {**HEADER, "method": "monge_cost_plus"}
    fitted = PotentialRun(few, config, networks, header, history)
    own, entropic = (run.transport(few.source) for run in fitted.variants)
    run = CostRun(few, Config(kind="monge_cost", **TINY), plain[0], HEADER, plain[1])
    np.testing.assert_array_equal(entropic, run.transport(few.source))
    assert np.abs(own - entropic).max() > 1e-3


def test_a_cost_that_explodes_is_named_with_its_step(few):
    config = Config(kind="monge_cost", **TINY, optimiser={"learning_rate": 1e20})
    with pytest.raises(DivergenceError, match=r"strips.*step \d.*phase cost"):
        train(few, config, KEY, Reporter("strips"))


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        ({"kind": "pairs"}, "no pairs"),
        ({"kind": "low_rank", "rank": 2}, "rank is 2"),
        (
            {"kind": "subsets", "groups": [{"source": [0, 1], "target": [3, 9]}]},
            r"groups[0].target has index 9",
        ),
    ],
)
def test_what_a_loss_needs(loss, named):
    x = np.random.default_rng(0).normal(size=(9, 2))
    problem = Pairs.of(x, x, np.zeros((0, 2), int))
    config = Config.model_validate({"kind": "monge_cost", "loss": loss})
    assert named in config.refuses_data(problem)
