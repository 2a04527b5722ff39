"""Problems given as arrays and functions: solved, saved, opened again."""

import asyncio
import code
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import nlot
from nlot.methods.diagnosis import Diagnosis, Estimate
from nlot.runs import solving
from nlot.runs.store import RunError

from ..conftest import METHODS

RNG = np.random.default_rng(0)
BEFORE = RNG.normal([-1.5, 0.0], 0.3, (60, 2))
AFTER = RNG.normal([1.5, 0.0], 0.3, (50, 2))
METRES = np.array([5.5e6, 4.0e5])
TABLE = pd.DataFrame(BEFORE, columns=["x", "y"])


def wall(x):
    return -jnp.exp(-jnp.sum(x**2))


def along_the_first_axis(x, v):
    return 0.5 * v[0] ** 2 + 2.0 * v[1] ** 2


def solve(source, target, lagrangian=None, **options):
    options = {"method": "nlot_plus", **options}
    settings = METHODS[options["method"]]
    return nlot.solve(source, target, lagrangian, settings=settings, **options)


@pytest.fixture(scope="module")
def run():
    return solve(BEFORE, AFTER, nlot.Newtonian(wall))


def test_a_run_maps_and_prices_arrays(run):
    y = run.transport(BEFORE)
    assert y.shape == (60, 2)
    paths = run.path(BEFORE, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(paths[:, 0], BEFORE, atol=1e-5)
    np.testing.assert_allclose(paths[:, 2], y, atol=1e-5)
    straight = np.sum((y - BEFORE) ** 2, axis=1) / 2
    assert np.all(run.cost(BEFORE, y) > straight)


def test_a_saved_run_opens_with_its_function_given_again(run, tmp_path):
    run.save(tmp_path)
    with pytest.raises(RunError, match=r"its lagrangian was .* pass it: nlot\.load"):
        nlot.load(tmp_path)
    opened = nlot.load(tmp_path, lagrangian=nlot.Newtonian(wall))
    np.testing.assert_array_equal(opened.transport(BEFORE), run.transport(BEFORE))
    np.testing.assert_array_equal(
        opened.problem.source.points, run.problem.source.points
    )
    opened.save(tmp_path / "again")
    for name in ("model.eqx", "samples.npz"):
        first, second = ((tmp_path / f / name).read_bytes() for f in ("", "again"))
        assert first == second


@pytest.mark.parametrize("method", ["nlot", "nlot_plus", "nlsb"])
def test_units_and_origin_of_samples_make_no_difference(method):
    """Metres far from the origin; nlsb has a noise of its own, drawn alike."""
    # Coordinates differ by rounding, in which trained networks differ a little.
    plain = solve(BEFORE, AFTER, method=method).transport(BEFORE)
    far = [1000 * x + METRES for x in (BEFORE, AFTER)]
    moved = np.asarray(solve(*far, method=method).transport(far[0]), np.float64)
    np.testing.assert_allclose((moved - METRES) / 1000, plain, atol=2e-2)


def test_the_unit_of_a_lagrangian_makes_no_difference():
    """Costs and potentials are in its unit, maps are the same."""
    one, many = (
        solve(BEFORE, AFTER, lambda x, v, m=m: m * jnp.sum(v**2) / 2, method="nlot")
        for m in (1.0, 1e4)
    )
    y = one.transport(BEFORE)
    np.testing.assert_allclose(many.transport(BEFORE), y, atol=1e-3)
    np.testing.assert_allclose(
        many.cost(BEFORE, y), 1e4 * one.cost(BEFORE, y), rtol=1e-3
    )
    np.testing.assert_allclose(many.potential(y), 1e4 * one.potential(y), rtol=1e-2)


def test_paths_are_in_times_up_to_the_horizon():
    """Twice the time: the same straight path at half the action."""
    short, long = (solve(BEFORE, AFTER, horizon=t) for t in (1.0, 2.0))
    y = short.transport(BEFORE)
    np.testing.assert_allclose(
        long.path(BEFORE, [0.0, 1.0, 2.0]),
        short.path(BEFORE, [0.0, 0.5, 1.0]),
        atol=1e-3,
    )
    np.testing.assert_allclose(
        2 * long.cost(BEFORE, y), short.cost(BEFORE, y), rtol=1e-3
    )


def test_a_lagrangian_is_a_plain_function():
    run = solve(BEFORE, AFTER, along_the_first_axis)
    x, y = BEFORE[:5], BEFORE[:5] + np.array([1.0, 1.0])
    np.testing.assert_allclose(run.problem.unit / run.problem.frame.scale**2, 4.0)
    # The straight path costs 2.5, and no path less.
    assert np.all(run.cost(x, y) >= 2.5 - 1e-4)


def test_points_outside_are_answered_with_a_warning_or_nan(run):
    x = np.array([[-1.5, 0.0], [1e3, 0.0]])
    with pytest.warns(UserWarning, match="1 of 2 points lie outside"):
        run.transport(x)
    for found in (run.transport(x, outside="nan"), run.path(x, [0.5], outside="nan")):
        assert np.isfinite(found[0]).all() and np.isnan(found[1]).all()


@pytest.mark.parametrize("method", ["nlot", "nlot_plus"])
def test_a_domain_confines_what_is_transported(method):
    domain = nlot.Ball(jnp.array([1.5, 0.0]), jnp.array(0.1))
    run = solve(BEFORE, AFTER, method=method, domain=domain)
    away = np.linalg.norm(run.transport(BEFORE) - np.array([1.5, 0.0]), axis=1)
    assert away.max() <= 0.1 + 1e-5


def python_file(folder: Path, text: str) -> dict:
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return {"kind": "python", "file": str(file), "name": "bump"}


BUMP = "import jax.numpy as jnp\n\ndef bump(x):\n    return -jnp.exp(-jnp.sum(x**2))\n"


def test_a_python_file_runs_only_if_trusted(run, tmp_path):
    """With the function of the file, results are those with the function itself."""
    lagrangian = {"kind": "newtonian", "potential": python_file(tmp_path, BUMP)}
    named = solve(BEFORE, AFTER, lagrangian)
    np.testing.assert_array_equal(named.transport(BEFORE), run.transport(BEFORE))
    named.save(tmp_path / "run")
    with pytest.raises(RunError, match=r"bump of .*mine\.py, hash .*trust_code=True"):
        nlot.load(tmp_path / "run")
    for opened in (
        nlot.load(tmp_path / "run", trust_code=True),
        nlot.load(tmp_path / "run", lagrangian=nlot.Newtonian(wall)),
    ):
        np.testing.assert_array_equal(opened.transport(BEFORE), run.transport(BEFORE))
    python_file(tmp_path, BUMP + "# changed\n")
    with pytest.raises(RunError, match=r"mine\.py has changed"):
        nlot.load(tmp_path / "run", trust_code=True)


@pytest.mark.parametrize(
    "text, fault",
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def bum(x):\n    return x", "unknown function 'bump'; did you mean 'bum'"),
    ],
)
def test_a_faulty_python_file_is_named(tmp_path, text, fault):
    part = {"kind": "newtonian", "potential": python_file(tmp_path, text)}
    with pytest.raises(ValueError, match=rf"mine\.py: {fault}"):
        solve(BEFORE, AFTER, part)


def some(rows):
    x = BEFORE.copy()
    x[rows] = np.nan
    return x


@pytest.mark.parametrize(
    "given, fault",
    [
        ({"source": BEFORE[0]}, r"source: expected numbers of shape \(n, d\), found"),
        (
            {"source": some([3, 7])},
            "source: 2 samples are not finite in single precision, the first in row 3",
        ),
        ({"target": AFTER[:, :1]}, "source has dimension 2, target has dimension 1"),
        ({"target": "after.npz"}, "target: expected samples of shape .* found str"),
        ({"lagrangian": "wall"}, r"lagrangian: expected a function L\(x, v\)"),
        ({"lagrangian": wall}, r"L\(x, v, t\), found one of \(x\)"),
        ({"lagrangian": lambda x, v: -jnp.sum(v**2)}, "must be convex in v"),
        ({"lagrangian": {"kind": "newton"}}, "lagrangian: unknown kind 'newton'"),
        (
            {"method": "nlot_pluss"},
            "method: unknown 'nlot_pluss'; did you mean 'nlot_plus'",
        ),
        (
            {"method": "metric_nlot"},
            "method: unknown 'metric_nlot'; .*valid: auto, nlot, nlot_p",
        ),
        ({"settings": {"steps": 1}}, "settings: name their method"),
        (
            {"method": "nlot_plus", "settings": {"paths": {"step": 1}}},
            "settings.paths: unknown key 'step'",
        ),
        (
            {"method": "nlot_plus", "settings": ["paths"]},
            r"settings: expected a mapping of keys, .* found \['paths'\]",
        ),
        ({"source": [[1.0, 2.0], [3.0]]}, "source: setting an array element"),
        ({"source": BEFORE * 1e300}, "source: 60 samples are not finite in single"),
        ({"source": {"path": "a.npz"}}, "source: no key 'kind'; valid kinds: uniform"),
        ({"source": TABLE.assign(type="T")}, "source: column 'type' holds str"),
        (
            {"source": TABLE, "target": TABLE[["y", "x"]]},
            r"target: has the columns \['y', 'x'\], others have \['x', 'y'\]",
        ),
        ({"weights": np.ones(60)}, "weights: expected a pair"),
        (
            {"source": {"kind": "gaussian"}, "weights": (np.ones(60), None)},
            "weights: source is no array",
        ),
        ({"held_out": "0.2"}, "held_out: expected a share from 0 to 1, found '0.2'"),
        ({"held_out": 0.95}, "source: found 3 samples to train on; at least 8 are nee"),
        ({"lagrangian": partial(wall)}, r"L\(x, v, t\), found one of \(x\)"),
        ({"seed": -1}, "seed: .* greater than or equal to 0"),
        ({"seed": 1.5}, "seed: .* valid integer"),
        (
            {"domain": nlot.Ball([0.0, 0.0, 0.0], 3.0)},
            "source has dimension 2, domain has dimension 3",
        ),
        ({"lagrangian": lambda x, v: np.dot(v, v)}, "lagrangian: fails for a position"),
    ],
)
def test_what_cannot_be_used_is_named_before_training(unchecked, given, fault):
    with pytest.raises(ValueError, match=fault):
        nlot.solve(**{"source": BEFORE, "target": AFTER, **given})


def test_weights_and_held_out_samples_are_kept(tmp_path):
    weights = np.where(np.arange(60) < 30, 3.0, 1.0)
    run = solve(BEFORE, AFTER, weights=(weights, None), held_out=0.25)
    run.save(tmp_path)
    for source in (run.problem.source, nlot.load(tmp_path).problem.source):
        np.testing.assert_allclose(source.weights, weights / weights.sum(), rtol=1e-5)
        known, kept = (np.asarray(m.points) for m in (source.training, source.held_out))
        assert (len(known), len(kept)) == (45, 15)
        together = np.concatenate([known, kept])
        np.testing.assert_array_equal(np.unique(together, axis=0).shape, BEFORE.shape)


@pytest.mark.parametrize(
    "first, second, chosen",
    [(None, None, "nlot_plus"), (9.0, 2.0, "nlot"), (2.0, np.nan, "nlot_plus")],
)
def test_auto_returns_the_better_of_what_it_tries(monkeypatch, first, second, chosen):
    """Of two runs with the given excess; the second is not tried if none is wrong."""
    tried = []

    def train(given, method, *_):
        tried.append(method)
        excess = first if method == "nlot_plus" else second
        found = Diagnosis(
            marginal=Estimate(excess or 0.0, 0.1),
            training_marginal=None,
            duality_gap=None,
            path_excess=None,
            held_out=None,
            problems=() if excess is None else ("train longer",),
        )
        return SimpleNamespace(method=method, diagnostics=found)

    monkeypatch.setattr(solving, "train_given", train)
    assert nlot.solve(BEFORE, AFTER).method == chosen
    assert tried == ["nlot_plus", "nlot"][: 1 if first is None else 2]


def test_two_lines_do_in_a_notebook(capsys):
    """As a kernel runs cells: in an event loop, without a terminal, values shown."""
    names = {"nlot": nlot, "before": BEFORE, "after": AFTER}
    names["options"] = {"method": "nlot_plus", "settings": METHODS["nlot_plus"]}

    async def kernel(*cells: str) -> None:
        for cell in cells:
            code.InteractiveInterpreter(names).runsource(cell)

    asyncio.run(kernel("run = nlot.solve(before, after, **options)", "run.diagnostics"))
    shown = capsys.readouterr()
    assert shown.out == f"{names['run'].diagnostics!r}\n"
    # Progress in lines, then what was found.
    steps = [int(done) for done in re.findall(r"step (\d+)/10,", shown.err)]
    assert steps == sorted(steps) and steps[-1] == 10
    assert shown.err.endswith(f"{names['run'].diagnostics}\n")


def test_a_data_frame_and_a_file_stand_for_samples(unchecked, run, tmp_path):
    """A file takes the share that is held out from the call, and seeds are numbers."""
    table = TABLE.convert_dtypes()
    path = tmp_path / "before.npz"
    np.savez(path, samples=BEFORE)
    file = {"kind": "samples", "path": str(path)}
    for source in (table, BEFORE.tolist(), file):
        options = {"held_out": 0.5, "seed": np.int64(0)}
        found = solve(source, AFTER, nlot.Newtonian(wall), **options).problem.source
        np.testing.assert_array_equal(found.points, run.problem.source.points)
        assert len(found.held_out.points) == 30


@pytest.mark.parametrize(
    "samples, fault",
    [
        (TABLE, "samples: expected a list of arrays .* found DataFrame"),
        (BEFORE, "samples: expected a list of arrays"),
        ([BEFORE], "samples: found 1 times; at least 2 are needed"),
        ([BEFORE, AFTER[:, :1]], r"samples\[1\] has dimension 1, samples\[0\] has 2"),
        ([BEFORE, some([3])], r"samples\[1\]: 1 samples are not finite"),
        ([BEFORE, BEFORE[::-1]], "the samples of times 0 and 1 are the same; nothing"),
        ([{"kind": "samples"}] * 2, r"samples\[0\]: expected an array .* found dict"),
    ],
)
def test_unusable_samples_over_time_are_named(samples, fault):
    with pytest.raises(ValueError, match=fault):
        nlot.learn_metric(samples)


def test_a_metric_is_learned_from_arrays(translations, tmp_path):
    """As from the same samples in a file."""
    samples = translations.sequence.measures
    run = nlot.learn_metric(samples, settings=METHODS["metric_nlot_plus"])
    x = samples[0][:5]
    assert run.carry(x).shape == (len(samples), 5, 2)
    assert run.diagnostics.marginal is not None
    run.save(tmp_path)
    np.testing.assert_array_equal(nlot.load(tmp_path).metric(x), run.metric(x))


def learn(samples, times=None, method="metric_nlot", **maps):
    settings = METHODS[method]
    if maps:
        settings = {**settings, "maps": {**settings["maps"], **maps}}
    return nlot.learn_metric(samples, times, method=method, settings=settings)


def same_bits(a, b):
    for one, other in zip(*map(jax.tree.leaves, (a, b)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def even(translations):
    return learn(translations.sequence.measures)


def test_equally_spaced_times_are_as_none(even, translations):
    """Bit-equal, though their differences are not the same numbers."""
    spaced = learn(translations.sequence.measures, [7.0, 7.1, 7.2, 7.3])
    assert len(set(spaced.problem.intervals)) > 1
    same_bits(spaced.networks, even.networks)


def test_uneven_times_change_the_metric(even, translations):
    """Twice as long: the same networks, at half the cost."""
    times = np.array([0.0, 1.0, 1.01, 9.0])
    once, twice = (learn(translations.sequence.measures, t) for t in (times, 2 * times))
    same_bits(twice.networks, once.networks)
    x, y = translations.sequence.measures[:2]
    costs = [run.cost(x, y, run.times[1] - run.times[0]) for run in (once, twice)]
    np.testing.assert_array_equal(costs[1], costs[0] / 2)
    assert np.abs(once.metric(x) - even.metric(x)).max() > 1e-6


@pytest.mark.parametrize("momentum", [0.0, 1.0])
def test_a_moving_cloud_is_predicted_between_uneven_times(momentum):
    """One velocity throughout: 3 and -1 in each unit of time.

    Maps of 600 steps are off by up to 0.22 for a single point and by 0.01 on average;
    half-way between the measures, at 1.75, the cloud would be 0.8 behind.
    """
    velocity, times = np.array([3.0, -1.0]), [0.0, 1.0, 2.5, 3.0]
    rate = {"learning_rate": 1e-2, "final_fraction": 0.01}
    fit = {"steps": 600, "batch": 32, "optimiser": rate}
    samples = [BEFORE + t * velocity for t in times]
    run = learn(samples, times, "metric_nlot_plus", **fit, momentum=momentum)
    found = run.at(BEFORE, [2.0])[0]
    np.testing.assert_allclose(found, BEFORE + 2 * velocity, atol=0.4)
    moved = np.mean(found - BEFORE, axis=0)
    np.testing.assert_allclose(moved, 2 * velocity, atol=0.05)
    np.testing.assert_allclose(run.speeds, np.sqrt(10), rtol=1e-4)


@pytest.mark.parametrize(
    "times, fault",
    [
        ([0, 1], "times: found 2 for 4 measures"),
        ([0, 1, 3, 2], "times: must increase, found 2 after 3"),
    ],
)
def test_times_that_cannot_be_used_are_named(translations, times, fault):
    with pytest.raises(ValueError, match=fault):
        nlot.learn_metric(translations.sequence.measures, times)


def test_another_function_than_the_saved_one_is_told(tmp_path):
    one = solve(BEFORE, AFTER, along_the_first_axis)
    one.save(tmp_path)
    with pytest.warns(UserWarning, match="its lagrangian was 'along_the_first_axis'"):
        nlot.load(tmp_path, lagrangian=lambda x, v: 0.5 * jnp.sum(v**2))
    with pytest.raises(RunError, match="unknown 'lagrange'; did you mean 'lagrangian'"):
        nlot.load(tmp_path, lagrange=along_the_first_axis)
    with pytest.raises(RunError, match="unknown 'standardise'; valid: source, target"):
        nlot.load(tmp_path, standardise={"centre": [0.0, 0.0], "scale": 1.0})
    (tmp_path / "history.csv").unlink()
    with pytest.raises(RunError, match=r"history\.csv: damaged or missing"):
        nlot.load(tmp_path, lagrangian=along_the_first_axis)
