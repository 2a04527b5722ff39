"""What a preset makes is planned, and nothing else."""

import pytest

from .conftest import snakemake

pytestmark = pytest.mark.workflow


@pytest.mark.parametrize("preset", ["closed_forms", "nlsb"])
def test_without_sequences_there_is_nothing_to_collect_of_them(
    project, planned, preset
) -> None:
    """An empty table of them would end the workflow after hours."""
    done = snakemake(project, "-n", "all", "--configfile", f"config/{preset}.yaml")
    found = planned(done)
    assert {"train", "collect", "table1", "run_figures_nlot"} <= found
    assert not {"train_metric", "collect_metrics", "table2"} & found
