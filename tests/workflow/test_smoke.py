"""The smoke preset makes every artefact, once, and reproducibly."""

import numpy as np
import pandas as pd
import pytest

from nlot import load_config, load_run
from nlot.config import Config
from nlot.streams import stream

from .conftest import SMOKE, Smoke, snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture
def config(smoke: Smoke) -> Config:
    return load_config(smoke.folder / "config" / "smoke.yaml")


def test_makes_every_artefact(smoke: Smoke, config: Config) -> None:
    results = smoke.folder / "results" / "smoke"
    names = [f"figures/figure{i}.{kind}" for i in (1, 2) for kind in ("pdf", "png")]
    names += [
        f"tables/{table}.{kind}"
        for table in ("table1", "supplement")
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
    for name in names:
        assert (results / name).stat().st_size > 0, name


def test_rows_are_finite_and_complete(smoke: Smoke, config: Config) -> None:
    rows = pd.read_csv(smoke.folder / "results" / "smoke" / "rows.csv")
    assert rows["value"].notna().all()
    assert not rows.duplicated(["task", "method", "seed", "measure"]).any()
    measured = rows.groupby(["task", "method", "seed"])["measure"].agg(set)
    for run in config.runs():
        assert {"w2_paper", "w2_exact", "action", "obstacle_time"} <= measured[run]
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


def test_one_seed_gives_bit_equal_rows(smoke: Smoke) -> None:
    target = "results/smoke/evaluation/box/nlot_plus/seed_1.csv"
    model = "results/smoke/runs/box/nlot_plus/seed_1/model.eqx"
    before = pd.read_csv(smoke.folder / target)
    done = snakemake(smoke.folder, *SMOKE, "--force", model, target)
    assert done.returncode == 0, done.stdout
    after = pd.read_csv(smoke.folder / target)
    # Minutes are a time, all else must be the same to the last bit.
    pd.testing.assert_frame_equal(
        before.drop(columns="minutes"), after.drop(columns="minutes"), check_exact=True
    )


def test_stays_within_its_time(smoke: Smoke) -> None:
    # Four minutes on two idle cores; twice that, as the tests' machines are shared.
    assert smoke.seconds < 480
