"""Memory that ground truth says it takes."""

import subprocess
import sys
from pathlib import Path

import pytest

from nlot.config import ConfigError, EvaluationConfig, load_config
from nlot.discrete.limits import at_a_time
from nlot.ground_truth.memory import check_memory, memory_mb

SMOKE = Path(__file__).parents[2] / "config" / "smoke.yaml"
# Ground truth of a problem, and the peak memory in MB of the process that computes it
# (`ru_maxrss` would keep the peak of the process that starts it).
MEASURED = """
from pathlib import Path

from nlot.config import EvaluationConfig
from nlot.ground_truth.truth import find_truth
from nlot.problems.transport import Transport

problem = Transport.Config.model_validate({given!r})
settings = EvaluationConfig.model_validate({{"ground_truth": {{"points": 128}}}})
find_truth(problem.load(), settings, 0, lambda line: None)
status = dict(line.split(":") for line in Path("/proc/self/status").open())
print(int(status["VmHWM"].split()[0]) * 1024 / 10**6)
"""


def settings(points, segments=128, **options):
    few = {"points": points, "replicates": 2, "candidates": 4}
    return EvaluationConfig.model_validate(
        {
            "ground_truth": {**few, **options},
            "least_action": {"segments": segments, "bends": [0.4]},
        }
    )


def test_it_grows_with_the_square_of_the_points_and_far_less_than_all_paths():
    """Where more paths than are kept would take 129 · 4 bytes a pair and dimension."""
    for d in (2, 10, 50):
        sizes = (16, 2048, 4096, 8192)
        least, small, medium, large = (memory_mb(settings(n), d, False) for n in sizes)
        assert least < 1500
        assert small - least < 0.5 * 2048**2 * 129 * 4 * d / 1e6
        assert 3.5 < (large - medium) / (medium - small) < 4.1


def test_straight_paths_take_little():
    """Their two segments are 3/129 of all corners."""
    for d in (2, 10, 50):
        searched, straight = (memory_mb(settings(512), d, s) for s in (False, True))
        assert straight < searched
    assert memory_mb(settings(512), 50, True) < 2000


def test_more_than_allowed_is_refused():
    """The error names the key, what is needed, what is allowed, and what to change."""
    needed = memory_mb(settings(1024), 50, False)
    check_memory(settings(1024, memory_mb=needed), 50, False)
    few = settings(1024, memory_mb=needed - 1)
    with pytest.raises(ValueError, match=f"50 .*{needed} MB.*{needed - 1} MB") as error:
        check_memory(few, 50, False)
    assert "evaluation.ground_truth.points" in str(error.value)
    check_memory(few, 50, True)


def test_it_is_refused_before_any_work(tmp_path):
    """When a configuration is read, for problems with a ground truth alone."""
    path = tmp_path / "many.yaml"
    path.write_text("evaluation: {ground_truth: {memory_mb: 100}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"problems.*ground_truth\.memory_mb"):
        load_config(SMOKE, path)


@pytest.mark.slow
def test_the_estimate_bounds_what_is_measured():
    """In 50 dimensions, where paths are straight."""
    zero, one = [0.0] * 50, [0.1] * 50
    given = {
        "kind": "transport",
        "source": {"kind": "gaussian_mixture", "means": [zero], "std": 1.0},
        "target": {"kind": "gaussian_mixture", "means": [one], "std": 0.7},
        "lagrangian": {"kind": "newtonian"},
    }
    command = [sys.executable, "-c", MEASURED.format(given=given)]
    peak = float(subprocess.check_output(command, text=True))
    assert peak < memory_mb(settings(128), 50, True)


def test_fewer_pairs_are_worked_on_where_paths_are_larger():
    assert at_a_time(129, 2) == at_a_time(17, 2) > at_a_time(129, 10) > 1
    for d in (10, 50, 1000):
        assert at_a_time(129, d) * 129 * d < 5e6
    assert at_a_time(129, 10**6) == 1
