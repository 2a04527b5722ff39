"""Small tasks and settings that many tests share."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import jax
import jaxtyping
import pytest

from nlot.config import Config, NLOTConfig, TaskConfig, merge, parse_config
from nlot.tasks import Task, build_task

LEFT = {"kind": "uniform", "low": [-1.25, -1.0], "high": [-1.0, 1.0]}
RIGHT = {"kind": "uniform", "low": [1.0, -1.0], "high": [1.25, 1.0]}
EUCLIDEAN = {"kind": "newtonian"}
WALL = {
    "kind": "newtonian",
    "potential_scale": 361.0,
    "potential": {
        "kind": "boxes",
        "low": [[-0.5, -0.5]],
        "high": [[0.5, 0.5]],
        "strength": 1.0,
        "temperature": 0.01,
    },
}
WELL = {
    "kind": "newtonian",
    "potential_scale": 361.0,
    "potential": {"kind": "well", "strength": 0.01},
}
CIRCLE = {"kind": "riemannian", "metric": {"kind": "circle"}}

METHOD = {
    "kind": "nlot",
    "potential": {"hidden": [16], "activation": "silu"},
    "map": {"hidden": [16], "activation": "silu"},
    "spline": {"hidden": [16], "activation": "silu"},
    "knots": 5,
    "quadrature": {"rule": "midpoint", "points": 6},
    "steps": 4,
    "batch": 16,
    "potential_optimiser": {"learning_rate": 1e-3},
    "map_optimiser": {"learning_rate": 1e-3},
    "spline_optimiser": {"learning_rate": 1e-3},
    "ctransform": {"max_steps": 3},
    "transport": {"max_steps": 20},
    "pretraining": {"steps": 2},
    "refit": {"every": 2, "max_steps": 0, "tolerance": 1e-4},
    "report_every": 2,
}
EVALUATION = {
    "paper": {"points": 16, "draws": 3, "max_iterations": 200},
    "exact": {"points": 64, "draws": 2},
    "divergence": {"points": 32, "draws": 2, "max_iterations": 200},
    "action": {"points": 8, "knots": 6, "nodes": 20, "max_steps": 40},
}


def settings() -> dict[str, Any]:
    """A whole, valid configuration as YAML would give it."""

    def one(**more: Any) -> dict[str, Any]:
        return {"tasks": ["free"], "methods": ["nlot"], **more}

    return deepcopy(
        {
            "preset": "tiny",
            "seeds": [0, 1],
            "tasks": {
                "free": {
                    "source": LEFT,
                    "target": RIGHT,
                    "lagrangian": EUCLIDEAN,
                    "bounds": 1.5,
                },
                "well": {
                    "source": LEFT,
                    "target": RIGHT,
                    "lagrangian": WELL,
                    "bounds": 1.5,
                },
            },
            "methods": {"nlot": METHOD},
            "evaluation": EVALUATION,
            "table1": one(controls=["floor", "translation"]),
            "figure1": one(),
            "figure2": one(),
        }
    )


@pytest.fixture(scope="session", autouse=True)
def quick_compilation(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests compile much and compute little, and much of it twice."""
    jax.config.update("jax_disable_most_optimizations", True)
    folder = str(tmp_path_factory.mktemp("compiled"))
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)


@pytest.fixture
def raw() -> dict[str, Any]:
    """A fresh copy of `settings()`, for a test to change."""
    return settings()


@pytest.fixture(scope="session")
def config() -> Config:
    return parse_config(settings())


@pytest.fixture(scope="session")
def make_task() -> Callable[..., Task]:
    """Builds the slab task of Table 1 with some keys replaced."""

    def make(**changes: Any) -> Task:
        data = {"source": LEFT, "target": RIGHT, "lagrangian": WELL, "bounds": 1.5}
        return build_task(TaskConfig.model_validate({**data, **changes}))

    return make


@pytest.fixture(scope="session")
def make_method() -> Callable[..., NLOTConfig]:
    """Settings of a very small Algorithm 1 with some keys merged in."""
    return lambda **changes: NLOTConfig.model_validate(merge(METHOD, changes))


@pytest.fixture(scope="session")
def free(make_task) -> Task:
    return make_task(lagrangian=EUCLIDEAN)


@pytest.fixture(scope="session")
def wall(make_task) -> Task:
    """A hard box in the way."""
    return make_task(lagrangian=WALL)


@pytest.fixture(scope="session")
def well(make_task) -> Task:
    return make_task(lagrangian=WELL)


@pytest.fixture(scope="session")
def circle(make_task) -> Task:
    return make_task(lagrangian=CIRCLE)


@pytest.fixture
def x64() -> Iterator[None]:
    """Double precision, where a truth is compared to many digits."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def unchecked() -> Iterator[None]:
    """No type checks: a wrong argument reaches the package's own error."""
    before = jaxtyping.config.jaxtyping_disable
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", before)
