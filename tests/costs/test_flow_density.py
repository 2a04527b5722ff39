"""Normalising flows by what densities must be, and the files that they are kept in."""

import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from nlot.config.kinds import settings_class
from nlot.costs.densities import RingDensity
from nlot.costs.flow_density import FlowDensity
from nlot.costs.lagrangians import Riemannian
from nlot.costs.metrics import DensityMetric
from nlot.measures.files import SampleError

STD, N = 0.2, 300


def ring(n, key):
    measure = RingDensity.of(1.0, STD).measure
    return np.asarray(measure.sample(jax.random.key(key), n))


@pytest.fixture(scope="module")
def points():
    return ring(N, 0)


@pytest.fixture(scope="module")
def flow(points):
    return FlowDensity.fit(points, steps=800)


def grid(n, width):
    line = np.linspace(-width, width, n, dtype=np.float32)
    return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)


@eqx.filter_jit
def each(function, x):
    return jax.vmap(function)(jnp.asarray(x))


def normalised(flow, x):
    """Log densities, as those of SciPy."""
    z = (jnp.asarray(x) - flow.centre) / flow.scale
    return each(flow.standard, z) - jnp.log(flow.scale).sum()


def test_it_integrates_to_one(flow):
    """Within 1 %: the box holds all but the far tails."""
    mass = np.exp(normalised(flow, grid(301, 4.0))).sum() * (8 / 300) ** 2
    np.testing.assert_allclose(mass, 1, rtol=1e-2)


def test_new_samples_are_likelier_than_under_a_gaussian(flow, points):
    """By half of what the true density gains, which is about that of σ across the ring
    and uniform along it. Standard errors of both means are below 0.02.
    """
    new = ring(4000, 1)
    found = normalised(flow, new).mean()
    normal = scipy.stats.multivariate_normal(points.mean(0), np.cov(points.T))
    gaussian = normal.logpdf(new).mean()
    truth = -np.log(2 * np.pi) - np.log(2 * np.pi * np.e * STD**2) / 2
    assert found > (gaussian + truth) / 2


def test_the_largest_value_is_zero(flow, points):
    """Exceeded nowhere, and reached near a sample: samples are 0.1 apart."""
    values = each(flow, np.concatenate([points, grid(101, 2.0)]))
    assert -0.05 < values.max() <= 1e-3


def test_samples_and_seed_fix_it(points):
    few = points[:40]
    one, again, other = (FlowDensity.fit(few, seed, 50) for seed in (0, 0, 1))
    leaves = [jax.tree.leaves(flow) for flow in (one, again, other)]
    for a, b in zip(*leaves[:2], strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(leaves[0][0], leaves[2][0])


def test_gradients_and_hessians_are_those_of_differences(flow, points, x64):
    """In double precision, on samples and in the hole between them."""
    x = jnp.asarray(np.concatenate([points[:8], np.zeros((1, 2))]), jnp.float64)
    step = 1e-5
    for function, derivative in (
        (flow, jax.grad(flow)),
        (jax.grad(flow), jax.hessian(flow)),
    ):
        for axis in np.eye(2):
            ahead, behind = (each(function, x + s * step * axis) for s in (1, -1))
            found = each(derivative, x) @ axis
            known = (ahead - behind) / (2 * step)
            np.testing.assert_allclose(found, known, rtol=1e-5, atol=1e-5)


def test_precisions_agree(flow, points):
    single = each(flow, points[:50])
    assert single.dtype == jnp.float32
    with jax.enable_x64(True):
        double = each(flow, jnp.asarray(points[:50], jnp.float64))
        still = each(flow, jnp.asarray(points[:50], jnp.float32))
        assert still.dtype == jnp.float32
    np.testing.assert_allclose(single, double, atol=1e-4)
    np.testing.assert_allclose(single, still, atol=1e-4)


def test_it_follows_the_unit_of_the_samples(points):
    """Samples in another unit and place: the same log ρ, within rounding of the fit."""
    few = points[:40]
    one, other = (FlowDensity.fit(x, steps=50) for x in (few, 1000 * few + 500))
    here, there = each(one, few), each(other, 1000 * few + 500)
    np.testing.assert_allclose(here, there, atol=0.1)


@pytest.mark.parametrize("d", [1, 3])
def test_any_dimension_will_do(d):
    x = np.random.default_rng(0).normal(size=(60, d))
    flow = FlowDensity.fit(x, steps=20)
    assert flow.dimension == d
    assert np.isfinite(each(flow, jnp.asarray(x, jnp.float32))).all()


def test_it_makes_a_metric_that_is_kept_as_it_was(flow, points, tmp_path):
    path = tmp_path / "ring.eqx"
    flow.save(path)
    settings = {"kind": "flow", "path": str(path)}
    built = settings_class("density", "flow").model_validate(settings)
    assert built.files == (str(path),)
    metric = Riemannian(DensityMetric(built.build(), 1.5)).metric
    known = DensityMetric(flow, 1.5)
    np.testing.assert_array_equal(each(metric, points[:9]), each(known, points[:9]))


def test_another_dimension_of_a_file_is_named(flow, tmp_path):
    path = tmp_path / "ring.eqx"
    flow.save(path)
    settings = {"kind": "flow", "path": str(path), "dimension": 3}
    built = settings_class("density", "flow").model_validate(settings)
    with pytest.raises(SampleError, match=r"ring.eqx: .* dimension 2; `dimension` is"):
        built.build()


def damaged(content):
    return content[:-2000] + bytes(4) + content[-1996:]


def of_another_format(content):
    head, _, rest = content.partition(b"\n")
    return json.dumps({**json.loads(head), "format": 99}).encode() + b"\n" + rest


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda content: content[:-100], "damaged weights"),
        (damaged, "damaged weights: their hash is wrong"),
        (of_another_format, "expected kind 'flow' of format 1, found 'flow' of format"),
        (lambda content: b"PK\3\4\n" + content, "not a density: no JSON header"),
    ],
)
def test_files_that_are_no_density_are_named(flow, tmp_path, change, fault):
    path = tmp_path / "ring.eqx"
    flow.save(path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(SampleError, match=fault):
        FlowDensity.read(path)
    with pytest.raises(SampleError, match=r"gone\.eqx: no such density file"):
        FlowDensity.read(tmp_path / "gone.eqx")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda x: x[:5], "found 5 samples; at least 8"),
        (lambda x: np.repeat(x[:2], 9, axis=0), "found 2 different points among 18"),
        (lambda x: np.where(x == x[3], np.nan, x), "1 of 40 samples are not finite"),
        (lambda x: x * [1.0, 0.0], "coordinate 1 of all 40 samples is the same"),
    ],
)
def test_samples_that_no_flow_fits_are_named(points, change, fault):
    with pytest.raises(ValueError, match=fault):
        FlowDensity.fit(change(points[:40]))
