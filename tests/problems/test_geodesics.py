"""Problems of least paths between given pairs of points."""

import numpy as np
import pytest

from nlot.config import ConfigError, parse_config
from nlot.problems.geodesics import Geodesics

from ..conftest import PAIRS


def test_ends_are_kept_in_double_precision():
    given = {**PAIRS, "starts": [[0.1, 0.2], [0.3, 0.4]]}
    problem = Geodesics.Config.model_validate(given).load()
    assert problem.starts.dtype == np.float64
    assert problem.starts[0, 0] == 0.1
    assert problem.dimension == 2
    assert problem.extent == pytest.approx(1.5)


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"ends": [[0.0, 1.5]]}, "found 2 starts and 1 ends"),
        ({"ends": [[0.0, 1.5], [1.0]]}, "starts and ends must have the same length"),
        ({"starts": [[1.0, 0.0], [-1.2, 0.7]]}, r"starts\[1\] and ends\[1\] are the"),
        ({"starts": [], "ends": []}, "starts"),
        (
            {"starts": [[1.0, 0.0, 0.0]], "ends": [[0.0, 0.0, 1.0]]},
            "starts have dimension 3, lagrangian has dimension 2",
        ),
    ],
)
def test_pairs_that_cannot_be_used_are_named(raw, changes, fault):
    raw["problems"]["bent"] = {**PAIRS, **changes}
    with pytest.raises(ConfigError, match=fault):
        parse_config(raw)


def test_a_lagrangian_that_is_not_finite_between_the_ends_is_refused():
    power = {"kind": "power", "exponent": -2.0}
    cone = {"kind": "riemannian", "metric": {"kind": "density", "density": power}}
    given = {"starts": [[1.0, 0.0]], "ends": [[-1.0, 0.0]], "lagrangian": cone}
    settings = Geodesics.Config.model_validate({**PAIRS, **given})
    with pytest.raises(ValueError, match="is not finite at 1 of 3 points"):
        settings.load()
