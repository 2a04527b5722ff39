"""Estimates the memory that computing a ground truth takes."""

from nlot.config import EvaluationConfig
from nlot.discrete.limits import GROWTH, KEPT, STRAIGHT, at_a_time, path_bytes

# Bytes of a process with its compiled programs; numbers per pair besides its paths;
# copies of the coordinates being processed.
_PROCESS, _PAIR, _COPIES = 1000 * 10**6, 10, 10


def check_memory(settings: EvaluationConfig, dimension: int, straight: bool) -> None:
    """Raise `ValueError` if a ground truth would take more memory than it may.

    **Arguments:** those of `memory_mb`.
    """
    given = settings.ground_truth
    needed = memory_mb(settings, dimension, straight)
    if needed > given.memory_mb:
        raise ValueError(
            f"evaluation.ground_truth.memory_mb: the ground truth of {given.points} "
            f"points per side in {dimension} dimensions takes {needed} MB, "
            f"{given.memory_mb} MB are allowed; lower "
            f"evaluation.ground_truth.points, raise the limit, or set the problem's "
            "ground_truth to false"
        )


def memory_mb(settings: EvaluationConfig, dimension: int, straight: bool) -> int:
    """Approximate peak memory in MB (10⁶ bytes) of computing a ground truth.

    **Arguments:** the settings, d, and whether paths of least action are straight
    (N is then 2).

    With n points per side, N segments and d = `dimension`, in bytes:

    - 8 · (10 + 2 d) n² for costs, duals and slopes;
    - 4 (N + 1) d n²/16 for the paths from which all other searches start;
    - 4 (N + 1) d n² for paths of all pairs, of which at most 512 MB are kept, and a
      twentieth of the others for those that sweeps replace;
    - 8 (N + 1) d · 10 for each path processed at a time: at most 8,192 and 4.3 million
      coordinates, but at least n paths.
    """
    # Pairs of samples are priced after those of the truth's points.
    n = max(settings.ground_truth.points, settings.matching.points)
    corners = (STRAIGHT if straight else settings.least_action.segments) + 1
    path, pairs = path_bytes(corners, dimension), n * n
    kept = min(pairs * path, KEPT)
    total = (
        _PROCESS
        + 8 * (_PAIR + 2 * dimension) * pairs
        + pairs * path / GROWTH**2
        + kept
        + (pairs * path - kept) / 20
        + 8 * _COPIES * max(at_a_time(corners, dimension), n) * corners * dimension
    )
    return round(total / 10**6)
