"""Many clouds, and what makes their costs a dissimilarity."""

import jax.numpy as jnp
import numpy as np
import pytest

from nlot.config import ConfigError, parse_config
from nlot.costs.lagrangians import Newtonian
from nlot.measures.clouds import Clouds
from nlot.measures.files import SampleError
from nlot.problems.collection import Collection

from ..conftest import EUCLIDEAN, TOWERS, WELL

RNG = np.random.default_rng(0)


def cloud(d=2):
    return RNG.normal(size=(10, d))


def parsed(**changes):
    data = {"preset": "mine", "problems": {"some": {**TOWERS, **changes}}}
    return parse_config({**data, "methods": {"path_costs": {"kind": "path_costs"}}})


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"labels": ["a", "b"]}, r"problems\.some: labels: found 2 for 4 clouds"),
        ({"labels": [1, 1, 1, 1]}, "at least 2 different ones are needed"),
        ({"linkages": ["ward"]}, "'average', 'single'"),
        ({"linkages": ["single", "single"]}, "'single' is listed twice"),
        (
            {
                "lagrangian": {
                    **WELL,
                    "potential": {
                        "kind": "boxes",
                        "low": [[0, 0, 0]],
                        "high": [[1, 1, 1]],
                        "strength": 1.0,
                        "temperature": 0.1,
                    },
                }
            },
            "data has dimension 2, lagrangian has dimension 3",
        ),
        ({"data": {"kind": "cloud"}}, "unknown kind 'cloud'; valid.*: drawn, folder"),
    ],
)
def test_bad_settings_are_named(changes, fault):
    with pytest.raises(ConfigError, match=fault):
        parsed(**changes)


def test_labels_must_not_lie_among_the_clouds(tmp_path):
    for name in ("a", "b", "labels"):
        (tmp_path / f"{name}.csv").write_text("1,2\n")
    data = {"kind": "folder", "path": str(tmp_path)}
    with pytest.raises(ConfigError, match=r"labels\.csv' lies among the clouds"):
        parsed(data=data, labels=str(tmp_path / "labels.csv"))


def test_a_folder_and_its_labels_are_the_problem(tmp_path):
    place = tmp_path / "clouds"
    place.mkdir()
    for name in ("a", "b", "c"):
        np.save(place / f"{name}.npy", cloud())
    table = tmp_path / "labels.csv"
    table.write_text("cloud,label\nc,odd\na,odd\nb,even\n")
    data = {"kind": "folder", "path": str(place)}
    given = parsed(data=data, labels=str(table)).problems["some"]
    assert given.files == (*(str(place / f"{n}.npy") for n in "abc"), str(table))
    assert not given.generated
    loaded = given.load()
    assert loaded.labels == ("odd", "even", "odd")
    assert given.reopen(loaded.outline).names == loaded.names == ("a", "b", "c")
    (place / "c.npy").unlink()
    with pytest.raises(SampleError, match="there is no cloud 'c'"):
        given.load()


@pytest.mark.parametrize(
    "clouds, fault",
    [
        ([cloud()], "found 1 clouds; at least 2 are needed"),
        ([cloud(), cloud(3)], "b has dimension 3, a has 2"),
    ],
)
def test_bad_clouds_are_named(clouds, fault, unchecked):
    named = Clouds(tuple("ab"[: len(clouds)]), tuple(clouds))
    with pytest.raises(ValueError, match=fault):
        Collection.of(named, Newtonian())


@pytest.mark.parametrize(
    "lagrangian, fault",
    [
        (WELL, "must be zero at rest"),
        (lambda x, v: jnp.sum((v - jnp.stack([-x[1], x[0]])) ** 2), "zero at rest"),
        (lambda x, v: jnp.sum(v**2) + x[1] * v[0], "as much as its reverse"),
        (lambda x, v, t: (1 + t) * jnp.sum(v**2), "as much as its reverse"),
    ],
)
def test_lagrangians_that_give_no_dissimilarity_are_refused(lagrangian, fault):
    from nlot.runs.parts import as_part

    clouds = Clouds(("a", "b"), (cloud(), cloud() + 3))
    built = as_part("lagrangian", lagrangian).build()
    with pytest.raises(ValueError, match=f"lagrangian: .*{fault}"):
        Collection.of(clouds, built)


def test_free_motion_needs_no_metric():
    clouds = Clouds(("a", "b"), (cloud(), cloud()))
    assert Collection.of(clouds, Newtonian()).dimension == 2
    assert parsed(lagrangian=EUCLIDEAN).problems["some"].generated
