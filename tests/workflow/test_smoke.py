"""The smoke preset makes every artefact, once, and reproducibly."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nlot import load_config, load_metric_run, load_run
from nlot.config import Config
from nlot.provenance.records import Origins, read_records
from nlot.reporting.stages import read_stages
from nlot.reporting.stamps import read_stamp
from nlot.runs.store import read_header
from nlot.training.streams import stream

from .conftest import SMOKE, Smoke, snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture
def config(smoke: Smoke) -> Config:
    return load_config(smoke.folder / "config" / "smoke.yaml")


@pytest.fixture
def copy(smoke: Smoke, tmp_path: Path) -> Path:
    """The finished run again, its files' times included, for a test to make anew."""
    return shutil.copytree(smoke.folder, tmp_path / "copy", symlinks=True)


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
    names += ["rows.json", "metric_rows.json"]
    for task, method, seed in config.runs():
        run = f"{task}/{method}/seed_{seed}"
        names += [
            f"runs/{run}/model.eqx",
            f"evaluation/{task}/{method}.csv",
            f"evaluation/{task}/{method}.json",
            f"benchmarks/train/{run}.tsv",
            f"figures/maps/{run}.png",
            f"figures/training/{run}.pdf",
        ]
    for sequence, learner, seed in config.metric_runs():
        run = f"{sequence}/{learner}/seed_{seed}"
        names += [
            f"data/{sequence}/seed_{seed}.npz",
            f"metrics/{run}/model.eqx",
            f"evaluation/metrics/{sequence}/{learner}.csv",
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


def _jobs(origins: Origins) -> set[tuple[str, str, int]]:
    return {
        (job.task, method, job.seed)
        for method, parts in origins.items()
        for part in parts
        for job in part.jobs
    }


def test_every_row_has_a_record_of_its_run_and_of_its_measurement(
    smoke: Smoke, config: Config
) -> None:
    results = smoke.folder / "results" / "smoke"
    for name, runs in (
        ("rows", config.runs()),
        ("metric_rows", config.metric_runs()),
    ):
        records = read_records(results / f"{name}.json")
        assert _jobs(records.training) == set(runs)
        rows = pd.read_csv(results / f"{name}.csv")
        tasks = {task for task, _, _ in runs}
        rows = rows[rows["task"].isin(tasks)][["task", "method", "seed"]]
        measured = set(rows.itertuples(index=False, name=None))
        assert _jobs(records.evaluation) == measured


def test_every_artefact_states_where_it_comes_from(smoke: Smoke) -> None:
    results = smoke.folder / "results" / "smoke"
    made = read_header(results / "runs" / "box" / "nlot" / "seed_1")["provenance"]
    commit, _, changed = str(made["commit"]).partition("-")
    words = [
        f"commit {commit[:7]}" if made["commit"] else "an unknown commit",
        changed,
        f"on {made['device']}",
        f"jax {made['versions']['jax']}",
        "seeds 0, 1",
        " min, ",
        "configuration ",
    ]
    pages = [*results.glob("tables/*"), *results.glob("claims.*")]
    assert len(pages) > 20
    for path in pages:
        text = " ".join(path.read_text(encoding="utf-8").split())
        for word in words:
            assert word in text, path
    # Not their logs and benchmarks, which lie in folders of that name, too.
    figures = [p for p in (results / "figures").rglob("*") if p.is_file()]
    assert len(figures) > 40
    for path in figures:
        training = read_stamp(path)["training"]
        assert training
        for [origin] in training.values():
            assert origin["commit"] == made["commit"]
            assert origin["versions"] == made["versions"]
            assert origin["device"] == made["device"]
            assert all(job["config_hash"] and job["minutes"] for job in origin["jobs"])
    shown = read_stamp(results / "figures/maps/box/nlot/seed_1.pdf")["training"]
    assert shown["nlot"][0]["jobs"] == [
        {
            "task": "box",
            "seed": 1,
            "config_hash": made["config_hash"],
            "minutes": made["minutes"],
        }
    ]


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
def test_a_metric_of_one_seed_gives_bit_equal_rows(copy: Path, learner: str) -> None:
    target = f"results/smoke/evaluation/metrics/x_paths/{learner}.csv"
    again = [
        target,
        f"results/smoke/metrics/x_paths/{learner}/seed_1/model.eqx",
        "results/smoke/data/x_paths/seed_1.npz",
    ]
    before = pd.read_csv(copy / target)
    done = snakemake(copy, *SMOKE, "--force", *again)
    assert done.returncode == 0, done.stdout
    after = pd.read_csv(copy / target)
    pd.testing.assert_frame_equal(
        before.drop(columns="minutes"), after.drop(columns="minutes"), check_exact=True
    )


@pytest.mark.parametrize("method", ["nlot_plus", "nlsb"])
def test_one_seed_gives_bit_equal_rows(copy: Path, method: str) -> None:
    target = f"results/smoke/evaluation/box/{method}.csv"
    model = f"results/smoke/runs/box/{method}/seed_1/model.eqx"
    before = pd.read_csv(copy / target)
    done = snakemake(copy, *SMOKE, "--force", model, target)
    assert done.returncode == 0, done.stdout
    after = pd.read_csv(copy / target)
    # Minutes are a time, all else must be the same to the last bit.
    pd.testing.assert_frame_equal(
        before.drop(columns="minutes"), after.drop(columns="minutes"), check_exact=True
    )


def test_stays_within_its_time(smoke: Smoke) -> None:
    """Six minutes on two idle cores, by the work of all jobs: machines are shared."""
    stages = read_stages(smoke.folder / "results" / "smoke" / "benchmarks")
    assert stages["jobs"].sum() == smoke.output.count("Finished jobid") - 1
    assert stages["cpu_minutes"].sum() < 2 * 6
