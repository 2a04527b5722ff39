"""Clouds that are drawn, or are the files of a folder, and their labels."""

import h5py
import jax
import numpy as np
import pytest
from anndata.io import write_elem

from nlot.measures.clouds import Drawn, Folder
from nlot.measures.files import SampleError
from nlot.measures.labels import check_labels, read_labels

from ..conftest import TOWERS

RNG = np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path):
    """Three clouds, of different numbers of samples and formats, and a note."""
    place = tmp_path / "clouds"
    place.mkdir()
    np.save(place / "b.npy", RNG.normal(size=(9, 2)))
    np.savetxt(place / "a.csv", RNG.normal(size=(20, 2)), delimiter=",")
    np.savez(place / "c.npz", samples=RNG.normal(size=(12, 2)))
    (place / "README.md").write_text("Three clouds.\n")
    return place


def settings(path, **more):
    given = {"kind": "folder", "path": str(path), **more}
    return Folder.Config.model_validate(given)


def test_files_are_clouds_in_the_order_of_their_names(folder):
    config = settings(folder)
    assert config.files == tuple(str(folder / f) for f in ("a.csv", "b.npy", "c.npz"))
    clouds = config.read()
    assert clouds.names == ("a", "b", "c")
    assert [len(points) for points in clouds.points] == [20, 9, 12]
    np.testing.assert_array_equal(clouds.points[1], np.load(folder / "b.npy"))


def test_cells_are_a_cloud(tmp_path):
    """Files of all formats that are read, and none left alone silently."""
    points = RNG.normal(size=(2, 10, 2))
    for name, part in zip("ab", points, strict=True):
        with h5py.File(tmp_path / f"{name}.h5ad", "w") as file:
            write_elem(file, "obsm/X_pca", part)
    found = settings(tmp_path, array="obsm/X_pca").read()
    np.testing.assert_array_equal(np.stack(found.points), points)


def test_large_clouds_are_thinned(folder):
    every, some = settings(folder).read(), settings(folder, points=10).read()
    assert [len(points) for points in some.points] == [10, 9, 10]
    for whole, part in zip(every.points, some.points, strict=True):
        assert set(map(tuple, part)) <= set(map(tuple, whole))


@pytest.mark.parametrize(
    "spoil, fault",
    [
        (lambda f: [p.unlink() for p in f.glob("*.*")], "at least 2 .* found none"),
        (
            lambda f: [(f / n).unlink() for n in ("b.npy", "c.npz")],
            r"at least 2 .* found .*a\.csv",
        ),
        (lambda f: f.rename(f.with_name("moved")), "clouds: no such folder"),
        (
            lambda f: np.save(f / "b.npy", RNG.normal(size=(9, 3))),
            r"b\.npy: .*\(9, 3\); expected \(n, 2\)",
        ),
        (
            lambda f: np.save(f / "b.npy", np.ones((9, 2))),
            r"b\.npy: found 1 different points among 9 samples",
        ),
        (lambda f: np.save(f / "a.npy", np.ones((9, 2))), "cloud: 'a' is listed twice"),
    ],
)
def test_bad_folders_are_named(folder, spoil, fault):
    spoil(folder)
    with pytest.raises(SampleError, match=fault):
        settings(folder).read()


def test_layouts_that_fit_only_some_files_are_named(folder):
    with pytest.raises(SampleError, match=r"b\.npy: .*separator"):
        settings(folder, separator="comma").read()


def test_clouds_are_drawn_independently():
    config = Drawn.Config.model_validate({**TOWERS["data"], "points": 400})
    found = config.draw(jax.random.key(0))
    assert found.shape == (4, 400, 2)
    # Standard errors of means are 0.005.
    means = [measure.mean for measure in config.measures]
    np.testing.assert_allclose(found.mean(axis=1), means, atol=0.025)
    noise = (found - found.mean(axis=1, keepdims=True)).reshape(4, -1)
    assert np.abs(np.corrcoef(noise) - np.eye(4)).max() < 0.2
    assert not np.array_equal(found, config.draw(jax.random.key(1)))


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"names": ["a", "b"]}, "names: found 2 for 4 measures"),
        ({"names": ["a", "b", "a", "c"]}, "names: 'a' is listed twice"),
        ({"points": 7}, "greater than or equal to 8"),
        ({"measures": TOWERS["data"]["measures"][:1], "names": None}, "at least 2"),
        (
            {
                "measures": [
                    TOWERS["data"]["measures"][0],
                    {"kind": "uniform", "low": [0, 0, 0], "high": [1, 1, 1]},
                ],
                "names": None,
            },
            "cloud_2 has dimension 3, cloud_1 has 2",
        ),
    ],
)
def test_bad_measures_are_named(changes, fault):
    with pytest.raises(ValueError, match=fault):
        Drawn.Config.model_validate({**TOWERS["data"], **changes})


def test_labels_are_read_in_the_order_of_the_clouds(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("cloud,label\nb,1\na,0\nc,1\n")
    assert read_labels(str(path), ("a", "b", "c")) == ("0", "1", "1")


@pytest.mark.parametrize(
    "text, fault",
    [
        ("cloud,label\na,0\nb,1\n", "expected one label of cloud 'c', found 0"),
        ("cloud,label\na,0\nb,1\nc,1\na,1\n", "one label of cloud 'a', found 2"),
        ("cloud,label\na,0\nb,1\nc,1\nd,1\n", "there is no cloud 'd'"),
        ("cloud,label\na,0\nb,0\nc,0\n", "at least 2 different ones"),
        ("name,label\na,0\n", "expected the columns cloud and label, found name"),
        ("", "no readable table"),
    ],
)
def test_bad_labels_are_named(tmp_path, text, fault):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(SampleError, match=rf"labels\.csv: .*{fault}"):
        read_labels(str(path), ("a", "b", "c"))


def test_another_number_of_labels_is_named():
    with pytest.raises(ValueError, match="labels: found 2 for 3 clouds"):
        check_labels(("a", "b"), 3)
