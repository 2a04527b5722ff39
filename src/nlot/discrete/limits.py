"""How many paths between two samples are kept and processed at a time."""

# Most bytes of paths of all pairs that are kept; others are recomputed.
KEPT = 512 * 10**6
# Points per side that are solved from several starts, and the growth of a level.
COARSE, GROWTH = 32, 4
# Segments of straight paths.
STRAIGHT = 2
# Limits on the pairs whose paths are processed at a time, and on their coordinates.
_PAIRS, _NUMBERS = 8192, 4_300_000


def path_bytes(corners: int, dimension: int) -> int:
    """Bytes of a stored path, in single precision."""
    return 4 * corners * dimension


def at_a_time(corners: int, dimension: int) -> int:
    """Number of pairs whose paths are processed at a time."""
    return max(1, min(_PAIRS, _NUMBERS // (corners * dimension)))
