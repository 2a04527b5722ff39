"""Times of stages are sums over Snakemake's benchmark files, of which none is lost."""

import pandas as pd
import pytest

from nlot.provenance.records import read_records, write_records
from nlot.reporting.stages import (
    COLUMNS,
    BenchmarkError,
    keep_stages,
    read_stages,
)
from nlot.reporting.table import ABSENT, FORMATS, render
from nlot.reporting.timings import stages_table

HEAD = "s\th:m:s\tmax_rss\tmean_load\tcpu_time\n"
JOBS = {
    "train/box/nlot/seed_0": (60, 500.0, 50),
    "train/box/nlot/seed_1": (120, 900.0, 110),
    "train/slit/nlsb/seed_0": (30, 100.0, 30),
    "evaluate/box/nlot": (6, 10.0, 5),
    "evaluate/controls/floor": (9, 20.0, 8),
    "evaluate/circle/metric_nlot": (3, 10.0, 3),
    "figures/runs/nlot": (12, 10.0, 12),
    "tables/table1": (6, 10.0, 6),
    "claims": (6, 30.0, 6),
}


@pytest.fixture
def folder(tmp_path):
    for name, (seconds, memory, cpu) in JOBS.items():
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}{seconds}\t0:00:01\t{memory}\t90.0\t{cpu}\n")
    return tmp_path


def test_every_job_counts_once(folder) -> None:
    stages = read_stages(folder)
    assert tuple(stages.columns) == COLUMNS
    assert stages["jobs"].sum() == len(JOBS)
    assert stages["minutes"].sum() * 60 == pytest.approx(
        sum(seconds for seconds, _, _ in JOBS.values())
    )
    assert stages["cpu_minutes"].sum() * 60 == pytest.approx(
        sum(cpu for _, _, cpu in JOBS.values())
    )


def test_methods_have_stages_of_their_own_and_small_jobs_share_one(folder) -> None:
    stages = read_stages(folder).set_index("stage")
    assert stages.index.tolist() == [
        "Training NLOT",
        "Training NLSB",
        "Measuring Metric NLOT",
        "Measuring NLOT",
        "Measuring the controls",
        "Tables, figures and claims",
    ]
    nlot = stages.loc["Training NLOT"]
    assert (nlot["jobs"], nlot["minutes"], nlot["longest"]) == (2, 3.0, 2.0)
    assert nlot["peak_mb"] == 900.0
    assert stages.loc["Tables, figures and claims", "jobs"] == 3


def test_a_job_too_short_to_be_measured_counts(folder) -> None:
    (folder / "claims.tsv").write_text(f"{HEAD}0.4\t0:00:00\t-\t-\t-\n")
    stages = read_stages(folder).set_index("stage")
    assert stages.loc["Tables, figures and claims", "jobs"] == 3
    assert stages.loc["Tables, figures and claims", "peak_mb"] == 10.0


def test_the_table_ends_with_the_sum(folder) -> None:
    table = stages_table(read_stages(folder), 1)
    (_, label), last = table.shown.index[-1], table.shown.iloc[-1]
    assert label == "All jobs"
    assert last["runs"] == str(len(JOBS))
    seconds = sum(seconds for seconds, _, _ in JOBS.values())
    assert last["minutes on 1 cores"] == f"{seconds / 60:.1f}"
    for kind in FORMATS:
        assert "Training NLOT" in render(table, kind)


def test_cores_share_the_minutes(folder) -> None:
    stages = read_stages(folder)
    one, three = (stages_table(stages, cores) for cores in (1, 3))
    assert three.columns[0] == "minutes on 3 cores"
    shares = [
        table.data.query("measure == 'share'")["mean"].to_numpy()
        for table in (one, three)
    ]
    assert shares[0] == pytest.approx(3 * shares[1])
    # What a single job took does not depend on the cores.
    rest = [table.data.query("measure != 'share'") for table in (one, three)]
    pd.testing.assert_frame_equal(*rest)


def test_a_gpu_has_a_column_where_it_was_measured(folder) -> None:
    stages = read_stages(folder)
    assert not any("GPU" in column for column in stages_table(stages, 2).columns)
    gpu = stages[stages["stage"] != "Training NLSB"].assign(minutes=2.5)
    table = stages_table(stages, 2, gpu=gpu)
    (column,) = (title for title in table.columns if "GPU" in title)
    cells = table.shown.droplevel("block")[column]
    assert cells["Training NLOT"] == "2.5"
    assert cells["Training NLSB"] == ABSENT
    assert cells["All jobs"] == f"{2.5 * len(gpu):.1f}"


@pytest.mark.parametrize(
    ("name", "stem"), [("record", "stages"), ("paper", "stages_paper")]
)
def test_kept_stages_are_the_ones_that_were_read(
    folder, records, tmp_path, name, stem
) -> None:
    stages, reference = read_stages(folder), tmp_path / "reference"
    results = tmp_path / name
    for made in (results, reference):
        made.mkdir()
    write_records(records, results / "rows.json")
    keep_stages(stages, results, reference)
    assert sorted(path.stem for path in reference.iterdir()) == [stem, stem]
    pd.testing.assert_frame_equal(pd.read_csv(reference / f"{stem}.csv"), stages)
    assert read_records(reference / f"{stem}.json") == records


def test_stages_without_records_are_refused(folder, tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no rows\.json"):
        keep_stages(read_stages(folder), tmp_path / "none", tmp_path)


@pytest.mark.parametrize(
    "name, text, fault",
    [
        ("later/box", f"{HEAD}1\t0\t1\t1\t1\n", "no stage; known: data, ground_truth"),
        ("claims", "a\tb\n1\t2\n", "no benchmark of Snakemake's"),
    ],
)
def test_foreign_files_are_named(tmp_path, name, text, fault) -> None:
    path = tmp_path / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with pytest.raises(BenchmarkError, match=fault) as caught:
        read_stages(tmp_path)
    assert str(caught.value).startswith(f"{path}: ")
