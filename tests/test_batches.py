"""All items come once and in order, in batches of two sizes."""

import numpy as np
import pytest

from nlot.batches import FEW, MANY, batches


@pytest.mark.parametrize("n", [0, 1, FEW, FEW + 1, MANY, MANY + 1, 2 * MANY + FEW])
def test_every_item_comes_once_in_lanes_of_two_sizes(n) -> None:
    items = np.arange(n) + 7
    found = list(batches(items))
    joined = np.concatenate([items[:0], *(picked for picked, _ in found)])
    np.testing.assert_array_equal(joined, items)
    for picked, lanes in found:
        np.testing.assert_array_equal(lanes[: len(picked)], picked)
        assert len(lanes) in (FEW, MANY)
        assert set(lanes) == set(picked)
