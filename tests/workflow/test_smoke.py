"""The smoke preset makes every artefact, once, and reproducibly."""

import numpy as np
import pandas as pd
import pytest

from nlot import load_config, load_metric_run, load_run
from nlot.config import Config
from nlot.streams import stream

from .conftest import SMOKE, Smoke, snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture
def config(smoke: Smoke) -> Config:
    return load_config(smoke.folder / "config" / "smoke.yaml")


def test_makes_every_artefact(smoke: Smoke, config: Config) -> None:
    results = smoke.folder / "results" / "smoke"
    names = [
        f"figures/figure{i}.{kind}" for i in range(1, 5) for kind in ("pdf", "png")
    ]
    names += ["figures/loss.pdf", "figures/loss.png", "claims.md", "claims.html"]
    names += [f"ground_truth/{task}.npz" for task in config.table1.tasks]
    names += [
        f"tables/{table}.{kind}"
        for table in ("table1", "table2", "supplement", "ground_truth", "bounds")
        for kind in ("csv", "md", "tex", "html")
    ]
    for task, method, seed in config.runs():
        run = f"{task}/{method}/seed_{seed}"
        names += [
            f"runs/{run}/model.eqx",
            f"evaluation/{run}.csv",
            f"benchmarks/train/{run}.tsv",
            f"figures/maps/{run}.png",
            f"figures/training/{run}.pdf",
        ]
    for sequence, learner, seed in config.metric_runs():
        run = f"{sequence}/{learner}/seed_{seed}"
        names += [
            f"data/{sequence}/seed_{seed}.npz",
            f"metrics/{run}/model.eqx",
            f"evaluation/metrics/{run}.csv",
            f"benchmarks/train_metric/{run}.tsv",
            f"figures/training_metrics/{run}.png",
        ]
    for name in names:
        assert (results / name).stat().st_size > 0, name


def test_every_array_opens_without_pickle(smoke: Smoke) -> None:
    paths = sorted((smoke.folder / "results").rglob("*.npz"))
    assert len(paths) > 2
    for path in paths:
        with np.load(path, allow_pickle=False) as file:
            assert not any(file[name].dtype.hasobject for name in file.files), path


def test_rows_are_finite_and_complete(smoke: Smoke, config: Config) -> None:
    rows = pd.read_csv(smoke.folder / "results" / "smoke" / "rows.csv")
    assert rows["value"].notna().all()
    assert not rows.duplicated(["task", "method", "seed", "measure"]).any()
    measured = rows.groupby(["task", "method", "seed"])["measure"].agg(set)
    for task, method, seed in config.runs():
        for name in config.rows([method]):
            found = measured[task, name, seed]
            assert {"w2_paper", "w2_exact", "action", "obstacle_time"} <= found
            assert {"action_gap", "coupling_gap", "optimal_distance"} <= found
    for run in config.metric_runs():
        assert {"alignment", "alignment_data"} <= measured[run]
        assert ("trajectory_error" in measured[run]) == (run[1] != "scarvelis_solomon")
    refined = rows[rows["method"] == "nlot"]["measure"]
    assert "w2_exact_map" in set(refined)


def test_second_run_does_nothing(smoke: Smoke) -> None:
    done = snakemake(smoke.folder, *SMOKE)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_runs_open_in_python(smoke: Smoke) -> None:
    run = load_run(smoke.folder / "results/smoke/runs/box/nlot/seed_1")
    x = run.task.source.sample(stream(0, "test"), 5)
    path = run.path(x, np.array([0.0, 1.0]))
    np.testing.assert_allclose(path[:, 0], x, atol=1e-6)
    np.testing.assert_allclose(path[:, 1], run.transport(x), atol=1e-6)
    assert run.header["provenance"]["seed"] == 1


def test_learned_metrics_open_in_python(smoke: Smoke) -> None:
    results = smoke.folder / "results/smoke"
    run = load_metric_run(results / "metrics/x_paths/nlot/seed_1")
    with np.load(results / "data/x_paths/seed_1.npz", allow_pickle=False) as data:
        samples, held_out = data["samples"], data["held_out"]
    assert run.pairs == len(samples) - 1 == len(held_out) - 1
    values = np.linalg.eigvalsh(run.metric(samples[0]))
    np.testing.assert_allclose(values, np.tile([0.1, 1.0], (len(values), 1)), atol=1e-5)
    assert np.isfinite(run.carry(samples[0])).all()


@pytest.mark.parametrize("learner", ["nlot", "nlot_plus", "scarvelis_solomon"])
def test_a_metric_of_one_seed_gives_bit_equal_rows(smoke: Smoke, learner: str) -> None:
    target = f"results/smoke/evaluation/metrics/x_paths/{learner}/seed_1.csv"
    again = [
        target,
        f"results/smoke/metrics/x_paths/{learner}/seed_1/model.eqx",
        "results/smoke/data/x_paths/seed_1.npz",
    ]
    before = pd.read_csv(smoke.folder / target)
    done = snakemake(smoke.folder, *SMOKE, "--force", *again)
    assert done.returncode == 0, done.stdout
    after = pd.read_csv(smoke.folder / target)
    pd.testing.assert_frame_equal(
        before.drop(columns="minutes"), after.drop(columns="minutes"), check_exact=True
    )


@pytest.mark.parametrize("method", ["nlot_plus", "nlsb"])
def test_one_seed_gives_bit_equal_rows(smoke: Smoke, method: str) -> None:
    target = f"results/smoke/evaluation/box/{method}/seed_1.csv"
    model = f"results/smoke/runs/box/{method}/seed_1/model.eqx"
    before = pd.read_csv(smoke.folder / target)
    done = snakemake(smoke.folder, *SMOKE, "--force", model, target)
    assert done.returncode == 0, done.stdout
    after = pd.read_csv(smoke.folder / target)
    # Minutes are a time, all else must be the same to the last bit.
    pd.testing.assert_frame_equal(
        before.drop(columns="minutes"), after.drop(columns="minutes"), check_exact=True
    )


def test_stays_within_its_time(smoke: Smoke) -> None:
    # Six minutes on two idle cores; the tests' machines are shared.
    assert smoke.seconds < 480
