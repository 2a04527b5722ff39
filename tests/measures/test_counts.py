"""Cells from tables of counts."""

import jax
import numpy as np
import pandas as pd
import pytest

from nlot.config.kinds import settings_class
from nlot.measures.files import SampleError

RANDOM = np.random.default_rng(0)
KEY = jax.random.key(0)
CELLS = [f"c{k}" for k in range(24)]
GENES = [f"g{k}" for k in range(30)]
# The second half of the cells has more of the first genes.
RATES = np.where(np.arange(24)[:, None] < 12, 5.0, np.r_[[50.0] * 5, [5.0] * 25])
COUNTS = RANDOM.poisson(RATES)


def written(folder, counts=COUNTS, **changes):
    table = pd.DataFrame(counts.T, index=GENES, columns=CELLS)
    table.to_csv(folder / "counts.csv.gz")
    pairs = [""] * 24
    pairs[3], pairs[7] = "a", "b"
    pairs[20], pairs[14] = "a", "b"
    about = {"cell": CELLS, "side": ["source"] * 12 + ["target"] * 12, "pair": pairs}
    pd.DataFrame({**about, **changes}).to_csv(folder / "cells.csv", index=False)
    return {
        "kind": "cell_counts",
        "counts": str(folder / "counts.csv.gz"),
        "cells": str(folder / "cells.csv"),
        "genes": 20,
        "components": 3,
    }


def drawn(given):
    return settings_class("paired", "cell_counts").model_validate(given).draw(KEY)


def test_cells_and_pairs_are_read(tmp_path):
    data = drawn(written(tmp_path))
    assert data.source.shape == data.target.shape == (12, 3)
    assert {tuple(row) for row in data.pairs.tolist()} == {(3, 8), (7, 2)}
    assert data.known == 2
    assert len(data.new_source) == 0


def test_components_do_not_depend_on_the_depth_of_a_cell(tmp_path):
    """Each cell counted more often, by another factor; its components are centred."""
    data = drawn(written(tmp_path))
    more = drawn(written(tmp_path, COUNTS * RANDOM.integers(1, 9, (24, 1))))
    np.testing.assert_allclose(more.source, data.source, atol=1e-8)
    both = np.concatenate([data.source, data.target])
    np.testing.assert_allclose(both.mean(axis=0), 0, atol=1e-8)
    assert both.std(axis=0).argmax() == 0
    # What tells the sides apart is the first component.
    assert abs(np.sign(data.source[:, 0]).sum()) == 12
    assert abs(np.sign(data.target[:, 0]).sum()) == 12


def test_pairs_may_be_held_out(tmp_path):
    data = drawn({**written(tmp_path), "known": 1})
    assert len(data.given) == 1
    row, column = data.pairs[1]
    np.testing.assert_array_equal(data.new_source, data.source[row : row + 1])
    np.testing.assert_array_equal(data.new_target, data.target[column : column + 1])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"cell": ["x", *CELLS[1:]]}, "no cell 'x'"),
        ({"cell": ["c1", *CELLS[1:]]}, "cell 'c1' is there twice"),
        ({"side": ["here"] * 24}, "side 'here'; valid: source, target"),
        ({"pair": ["a", "a"] + [""] * 22}, "pair 'a' needs one cell"),
        ({"side": ["source"] * 20 + ["target"] * 4}, "found 4 cells of the target"),
    ],
)
def test_bad_tables_are_named(tmp_path, wrong, named):
    with pytest.raises(SampleError, match=named):
        drawn(written(tmp_path, **wrong))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"known": 3}, "has 2 pairs; known is 3"),
        ({"components": 25}, "have no 25 components"),
        ({"counts": "none.csv"}, "none.csv: no readable table"),
    ],
)
def test_bad_settings_are_named(tmp_path, wrong, named):
    with pytest.raises(SampleError, match=named):
        drawn({**written(tmp_path), **wrong})


def test_bad_counts_are_named(tmp_path):
    none = np.where(np.arange(24)[:, None] == 5, 0, COUNTS)
    with pytest.raises(SampleError, match="cell 'c5' has no counts"):
        drawn(written(tmp_path, none))
    with pytest.raises(SampleError, match="must be finite, 0 or more"):
        drawn(written(tmp_path, -COUNTS))
