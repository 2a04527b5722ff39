"""Files of annotated data, written by the package that defines them."""

import re

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy

from nlot.config import settings_class
from nlot.measures.files import SampleError, read_samples
from nlot.measures.sequences import read_sequence

RNG = np.random.default_rng(0)
N = 30
COUNTS = RNG.normal(size=(N, 4)) * (RNG.random((N, 4)) < 0.9)
COMPONENTS, VELOCITIES = RNG.normal(size=(2, N, 3))
DAYS = RNG.permutation(np.repeat([2, 3, 7], 10))
WEIGHTS = RNG.random(N)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Cells with sparse counts of genes, components, velocities, and categories."""
    found = tmp_path_factory.mktemp("cells") / "cells.h5ad"
    # This version writes no strings of pandas' own.
    cells, genes = (
        pd.Index([f"{name}{i}" for i in range(n)], dtype=object)
        for name, n in (("cell", N), ("G", 4))
    )
    batch = pd.Series(["a"] * N, index=cells, dtype=object)
    about = {"day": pd.Categorical(DAYS), "w": WEIGHTS, "batch": batch}
    whole = anndata.AnnData(
        scipy.sparse.csr_matrix(COUNTS),
        obs=pd.DataFrame(about, index=cells),
        var=pd.DataFrame(index=genes),
        obsm={"X_pca": COMPONENTS, "velocity": VELOCITIES},
        layers={"velocity": COUNTS + 1},
    )
    whole.write_h5ad(found)
    return found


def given(path, **more):
    return settings_class("data", "samples").model_validate(
        {"kind": "samples", "path": str(path), "time": "day", **more}
    )


def test_components_are_sorted_by_their_categories(path):
    file = given(path, array="obsm/X_pca", dimension=3, velocities="obsm/velocity")
    times, samples, velocities = read_sequence(file)
    assert times == (2.0, 3.0, 7.0)
    for time, part, moving in zip(times, samples, velocities, strict=True):
        np.testing.assert_array_equal(part, COMPONENTS[time == DAYS])
        np.testing.assert_array_equal(moving, VELOCITIES[time == DAYS])


def test_genes_are_chosen_by_name_or_number(path):
    """In sparse counts, and in a layer."""
    for array, values in (("X", COUNTS), ("layers/velocity", COUNTS + 1)):
        for columns in (["G2", "G0"], [2, 0]):
            chosen = given(path, array=array, columns=columns)
            points, weights = read_samples(chosen, "w")
            np.testing.assert_allclose(points, values[:, [2, 0]], rtol=1e-6)
            np.testing.assert_array_equal(weights, WEIGHTS)


@pytest.mark.parametrize(
    "settings, fault",
    [
        ({"array": "obsm/X_pc"}, "unknown array 'obsm/X_pc'; did you mean 'obsm/X_pca"),
        ({"array": "X", "time": "days"}, "unknown column of obs 'days'; did you mean"),
        ({"array": "X", "time": "batch"}, "column 'batch' holds"),
        ({"array": "X", "columns": ["G5"]}, "unknown column 'G5'; valid columns: G0,"),
    ],
)
def test_unusable_choices(path, settings, fault):
    with pytest.raises(SampleError, match=re.escape(fault)):
        read_sequence(given(path, **settings))


def test_a_damaged_file_is_named(tmp_path, path):
    whole = path.read_bytes()
    spoiled = tmp_path / "spoiled.h5ad"
    spoiled.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SampleError, match=r"spoiled\.h5ad: not a table of numbers: "):
        read_sequence(given(spoiled, array="X", dimension=4))
