"""How much memory ground truth takes, known before it is found."""

from nlot.config import EvaluationConfig

# Bytes of paths of all pairs that are kept, at most: above, some are found again.
KEPT = 512 * 10**6
# Points a side that are solved from several starts, and the growth of a level.
COARSE, GROWTH = 32, 4
# Pairs whose paths are worked on at a time: so many, and so many of their coordinates.
_PAIRS, _NUMBERS = 8192, 4_300_000
# A process with its compiled programs; numbers of a pair beside its paths; copies of
# the coordinates that are worked on.
_PROCESS, _PAIR, _COPIES = 1000 * 10**6, 10, 10


def path_bytes(corners: int, dimension: int) -> int:
    """Bytes of a path that is kept, in single precision."""
    return 4 * corners * dimension


def at_a_time(corners: int, dimension: int) -> int:
    """Pairs whose paths are worked on at a time."""
    return max(1, min(_PAIRS, _NUMBERS // (corners * dimension)))


def memory_mb(settings: EvaluationConfig, dimension: int) -> int:
    """Memory in MB (10⁶ bytes) that finding a ground truth takes at most, about.

    With n points a side, N segments and d = `dimension`, in bytes:

    - 8 · (10 + 2 d) n² for costs, duals and slopes;
    - 4 (N + 1) d n²/16 for the paths that searches of all others start from;
    - 4 (N + 1) d n² for paths of all pairs, of which at most 512 MB are kept, and a
      twentieth of the others for those that sweeps replace;
    - 8 (N + 1) d · 10 for each of the paths that are worked on at a time, 8,192 or as
      many as have 4.3 million coordinates, or n of them.
    """
    n, corners = settings.ground_truth.points, settings.least_action.segments + 1
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
