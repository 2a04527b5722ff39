"""Memory that ground truth says it takes."""

from nlot.config import EvaluationConfig
from nlot.ground_truth.memory import at_a_time, memory_mb


def settings(points, segments=128):
    return EvaluationConfig.model_validate(
        {
            "ground_truth": {"points": points, "replicates": 2, "candidates": 4},
            "least_action": {"segments": segments, "bends": [0.4]},
        }
    )


def test_it_grows_with_the_square_of_the_points_and_far_less_than_all_paths():
    """Where more paths than are kept would take 129 · 4 bytes a pair and dimension."""
    for d in (2, 10, 50):
        sizes = (16, 2048, 4096, 8192)
        least, small, medium, large = (memory_mb(settings(n), d) for n in sizes)
        assert least < 1500
        assert small - least < 0.5 * 2048**2 * 129 * 4 * d / 1e6
        assert 3.5 < (large - medium) / (medium - small) < 4.1


def test_fewer_pairs_are_worked_on_where_paths_are_larger():
    assert at_a_time(129, 2) == at_a_time(17, 2) > at_a_time(129, 10) > 1
    for d in (10, 50, 1000):
        assert at_a_time(129, d) * 129 * d < 5e6
    assert at_a_time(129, 10**6) == 1
