"""The smoke preset makes every artefact, once, and reproducibly."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nlot import Experiment, load, load_config, papers
from nlot.provenance.records import Origins, read_records
from nlot.reporting.stages import read_stages
from nlot.reporting.stamps import read_stamp
from nlot.runs.store import read_header
from nlot.training.streams import stream

from .conftest import SMOKE, Smoke, snakemake
from .planner import plan

pytestmark = pytest.mark.workflow


@pytest.fixture
def experiment(smoke: Smoke) -> Experiment:
    return load_config(smoke.folder / "config" / "smoke.yaml")


@pytest.fixture
def copy(smoke: Smoke, tmp_path: Path) -> Path:
    """The finished run again, its files' times included, for a test to make anew."""
    return shutil.copytree(smoke.folder, tmp_path / "copy", symlinks=True)


def test_makes_every_artefact(smoke: Smoke, experiment: Experiment) -> None:
    results = smoke.folder / "results" / "smoke"
    names = ["claims/nlot2024.md", "claims/nlot2024.html", "ground_truth/box.npz"]
    names += [
        f"figures/{figure}.{kind}"
        for figure in ("figure1", "figure2", "loss", "figure3", "figure4")
        for kind in ("pdf", "png")
    ]
    names += [
        f"tables/{table}.{kind}"
        for table in ("table1", "table2", "supplement", "ground_truth", "bounds")
        for kind in ("csv", "md", "tex", "html")
    ]
    names += ["rows.csv", "rows.json", "preset.yaml"]
    for problem, method, seed in experiment.runs():
        run = f"{problem}/{method}/seed_{seed}"
        names += [
            f"runs/{run}/model.eqx",
            f"evaluation/{problem}/{method}.csv",
            f"evaluation/{problem}/{method}.json",
            f"benchmarks/train/{run}.tsv",
            f"figures/training/{run}.pdf",
        ]
        if experiment.problems[problem].kind == "transport":
            names.append(f"figures/maps/{run}.png")
        else:
            names.append(f"data/{problem}/seed_{seed}.npz")
    for name in names:
        assert (results / name).stat().st_size > 0, name


def test_every_array_opens_without_pickle(smoke: Smoke) -> None:
    paths = sorted((smoke.folder / "results").rglob("*.npz"))
    assert len(paths) == 2
    for path in paths:
        with np.load(path, allow_pickle=False) as file:
            assert not any(file[name].dtype.hasobject for name in file.files), path


def test_rows_are_finite_and_complete(smoke: Smoke, experiment: Experiment) -> None:
    rows = pd.read_csv(smoke.folder / "results" / "smoke" / "rows.csv")
    assert rows["value"].notna().all()
    assert not rows.duplicated(["problem", "method", "seed", "measure"]).any()
    measured = rows.groupby(["problem", "method", "seed"])["measure"].agg(set)
    for problem, method, seed in experiment.runs():
        if experiment.problems[problem].kind == "sequence":
            found = measured[problem, method, seed]
            assert {"alignment", "alignment_data"} <= found
            carries = "carry" in experiment.methods[method].capabilities
            assert ("trajectory_error" in found) == carries
            continue
        for name in experiment.rows([method]):
            found = measured[problem, name, seed]
            assert {"w2_paper", "w2_exact", "action", "obstacle_time"} <= found
            assert {"action_gap", "coupling_gap", "optimal_distance"} <= found
    assert "w2_exact" in measured["box", "nlot_network_map", 0]


def _jobs(origins: Origins) -> set[tuple[str, str, int]]:
    return {
        (job.problem, method, job.seed)
        for method, parts in origins.items()
        for part in parts
        for job in part.jobs
    }


def test_every_row_has_a_record_of_its_run_and_of_its_measurement(
    smoke: Smoke, experiment: Experiment
) -> None:
    results = smoke.folder / "results" / "smoke"
    records = read_records(results / "rows.json")
    assert _jobs(records.training) == set(experiment.runs())
    rows = pd.read_csv(results / "rows.csv")[["problem", "method", "seed"]]
    assert _jobs(records.evaluation) == set(rows.itertuples(index=False, name=None))


def test_every_artefact_states_where_it_comes_from(smoke: Smoke) -> None:
    results = smoke.folder / "results" / "smoke"
    made = read_header(results / "runs" / "box" / "nlot" / "seed_1")["provenance"]
    commit, _, changed = str(made["commit"]).partition("-")
    words = [
        f"commit {commit[:7]}" if made["commit"] else "an unknown commit",
        changed,
        f"on {made['device']}",
        f"jax {made['versions']['jax']}",
        "seed",
        " min, ",
        "configuration ",
    ]
    pages = [*results.glob("tables/*"), *results.glob("claims/*")]
    assert len(pages) > 20
    for path in pages:
        text = " ".join(path.read_text(encoding="utf-8").split())
        for word in words:
            assert word in text, path
        assert ("seeds 0, 1" in text) == (path.stem in ("supplement", "nlot2024"))
    # Not their logs and benchmarks, which lie in folders of that name, too.
    figures = [p for p in (results / "figures").rglob("*") if p.is_file()]
    assert len(figures) > 30
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
            "problem": "box",
            "seed": 1,
            "config_hash": made["config_hash"],
            "minutes": made["minutes"],
        }
    ]


def test_second_run_does_nothing(smoke: Smoke) -> None:
    done = plan(smoke.folder, *SMOKE)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_runs_open_in_python(smoke: Smoke) -> None:
    run = load(smoke.folder / "results/smoke/runs/box/nlot/seed_1")
    x = run.problem.source.sample(stream(0, "test"), 5)
    path = run.path(x, np.array([0.0, 1.0]))
    np.testing.assert_allclose(path[:, 0], x, atol=1e-6)
    np.testing.assert_allclose(path[:, 1], run.transport(x), atol=1e-6)
    assert run.header["provenance"]["seed"] == 1


def test_learned_metrics_open_in_python(smoke: Smoke) -> None:
    results = smoke.folder / "results/smoke"
    run = load(results / "runs/x_paths/metric_nlot/seed_0")
    with np.load(results / "data/x_paths/seed_0.npz", allow_pickle=False) as data:
        samples, held_out = data["samples"], data["held_out"]
    assert run.problem.pairs == len(samples) - 1 == len(held_out) - 1
    values = np.linalg.eigvalsh(run.metric(samples[0]))
    np.testing.assert_allclose(values, np.tile([0.1, 1.0], (len(values), 1)), atol=1e-5)
    assert np.isfinite(run.carry(samples[0])).all()


@pytest.mark.slow
def test_one_seed_gives_bit_equal_rows(copy: Path) -> None:
    runs = [
        ("box", "nlot_plus"),
        ("box", "nlsb"),
        ("x_paths", "metric_nlot"),
        ("x_paths", "metric_nlot_plus"),
        ("x_paths", "scarvelis_solomon"),
    ]
    results = Path("results/smoke")
    targets = [
        results / "evaluation" / problem / f"{method}.csv" for problem, method in runs
    ]
    models = [
        results / "runs" / problem / method / "seed_0" / "model.eqx"
        for problem, method in runs
    ]
    before = [pd.read_csv(copy / target) for target in targets]
    data = results / "data" / "x_paths" / "seed_0.npz"
    done = snakemake(copy, *SMOKE, "--force", *map(str, [*targets, *models, data]))
    assert done.returncode == 0, done.stdout
    for target, rows in zip(targets, before, strict=True):
        # Minutes are a time, all else must be the same to the last bit.
        pd.testing.assert_frame_equal(
            rows.drop(columns="minutes"),
            pd.read_csv(copy / target).drop(columns="minutes"),
            check_exact=True,
        )


def test_stays_within_its_time(smoke: Smoke) -> None:
    """Six minutes on two idle cores, by the work of all jobs: machines are shared."""
    stages = read_stages(smoke.folder / "results" / "smoke" / "benchmarks")
    assert stages["jobs"].sum() == smoke.output.count("Finished jobid") - 1
    assert stages["cpu_minutes"].sum() < 2 * 6


@pytest.mark.parametrize(
    ("study", "measures"),
    [
        ("density", {"same_pairs", "action_error", "rand_index"}),
        ("costs", {"new_rmse", "pairs_found", "failures"}),
    ],
)
def test_other_studies_make_every_artefact(
    study: str, measures: set[str], project: Path
) -> None:
    """Problems of every kind, and claims without numbers."""
    done = snakemake(project, "--configfile", f"config/smoke_{study}.yaml")
    assert done.returncode == 0, done.stdout[-3000:]
    results = project / "results" / f"smoke_{study}"
    experiment = load_config(project / "config" / f"smoke_{study}.yaml")
    for table in experiment.tables:
        assert (results / "tables" / f"{table}.md").is_file()
    for figure in experiment.figures:
        assert (results / "figures" / f"{figure}.pdf").is_file()
    for paper in experiment.papers():
        page = (results / "claims" / f"{paper}.md").read_text()
        assert papers.about(paper).reference in page
    rows = pd.read_csv(results / "rows.csv")
    assert measures <= set(rows["measure"])
    assert np.isfinite(rows["value"]).all()
