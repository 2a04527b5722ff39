"""Small problems and settings that many tests share."""

import gc
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jaxtyping
import numpy as np
import pytest

from nlot.config import Experiment, merge, parse_config, settings_class
from nlot.ground_truth.truth import make_truth
from nlot.measures.clouds import Clouds
from nlot.problems.collection import Collection
from nlot.problems.geodesics import Geodesics
from nlot.problems.pairs import Pairs
from nlot.problems.sequence import Sequence
from nlot.problems.transport import Transport

from .browser import Browser, find_browser

# Tests compile much and compute little, as do the workflows that they start. XLA's
# newer emitters, which split a program into many parts, take twice as long to compile.
jax.config.update("jax_disable_most_optimizations", True)
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_cpu_use_fusion_emitters=false"
    " --xla_cpu_parallel_codegen_split_count=1"
)
# Tracing makes many small objects, few of them in cycles.
gc.set_threshold(100_000)

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

NLOT = {
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
NLSB = {
    "kind": "nlsb",
    "potential": {"width": 8, "layers": 2},
    "diffusion": {"hidden": [8], "activation": "silu"},
    "time_steps": 8,
    "steps": 4,
    "batch": 16,
    "optimiser": {"learning_rate": 1e-2},
    "averaged_paths": 4,
    "report_every": 2,
}
EVALUATION = {
    "paper": {"points": 16, "draws": 3, "max_iterations": 200},
    "exact": {"points": 64, "draws": 2},
    "divergence": {"points": 32, "draws": 2, "max_iterations": 200},
    "action": {"points": 8},
    "least_action": {"segments": 16},
    "ground_truth": {"points": 16, "replicates": 2, "candidates": 4},
}

SMALL = {"hidden": [16], "activation": "silu"}
RATE = {"learning_rate": 5e-3}
LEARNERS = {
    "metric_nlot": {
        "kind": "metric_nlot",
        "metric": {"hidden": [16], "activation": "tanh"},
        "potential": SMALL,
        "map": SMALL,
        "spline": SMALL,
        "knots": 5,
        "quadrature": {"rule": "midpoint", "points": 4},
        "steps": 4,
        "batch": 0,
        "warm_up": 0,
        "metric_every": 1,
        "metric_optimiser": RATE,
        "potential_optimiser": RATE,
        "map_optimiser": RATE,
        "spline_optimiser": RATE,
        "ctransform": {"max_steps": 4, "history": 2},
        "arrivals": 0.5,
        "pretraining": {"steps": 2},
        "report_every": 2,
    },
    "metric_nlot_plus": {
        "kind": "metric_nlot_plus",
        "metric": {
            "hidden": [16],
            "activation": "tanh",
            "angle": "double",
            "members": 2,
        },
        "map": SMALL,
        "spline": SMALL,
        "knots": 5,
        "nodes": 4,
        "rounds": 2,
        "coupling_nodes": 2,
        "smoothing": 0.1,
        "direction": {"steps": 4, "batch": 16, "optimiser": RATE},
        "paths": {"steps": 4, "batch": 16, "optimiser": RATE},
        "maps": {
            "steps": 4,
            "batch": 16,
            "optimiser": RATE,
            "copies": 2,
            "noise": 0.1,
        },
        "report_every": 2,
    },
}
SCARVELIS_SOLOMON = {
    "kind": "scarvelis_solomon",
    "potential": {"hidden": [8], "activation": "softplus"},
    "metric": {"hidden": [8], "activation": "softplus"},
    "batch": 16,
    "rounds": 2,
    "potential_fit": {
        "steps": 4,
        "optimiser": RATE,
        "first_penalty": 2.0,
        "penalty": 2.0,
    },
    "metric_fit": {"steps": 4, "optimiser": RATE, "norm_weight": 1.0},
    "report_every": 2,
}
NLOT_PLUS = {
    "kind": "nlot_plus",
    "potential": SMALL,
    "map": SMALL,
    "spline": SMALL,
    "knots": 5,
    "quadrature": {"points": 6, "offsets": 2},
    "paths": {"steps": 4, "batch": 16, "optimiser": RATE},
    "couplings": {"number": 2, "points": 16, "tie_breaking": 0.01},
    "regression": {"steps": 4, "batch": 16, "optimiser": RATE, "huber": 0.1},
    "polish": {
        "rounds": 2,
        "steps": 2,
        "points": 16,
        "pool": 2,
        "batch": 16,
        "marginal_weight": 0.15,
        "map_optimiser": RATE,
        "potential_optimiser": RATE,
        "spline_optimiser": RATE,
    },
    "ascent": {"steps": 2, "batch": 16, "optimiser": RATE},
    "sampling": "spread",
    "report_every": 2,
}
KERNEL_PATHS = {
    "kind": "kernel_paths",
    "points": 16,
    "modes": 3,
    "nodes": 6,
    "warm_up": 2,
    "steps": 4,
    "report_every": 2,
}
ESTIMATED_DENSITY = {"kind": "estimated_density", "samples": 50, "nodes": 32}
PATH_COSTS = {"kind": "path_costs", "nodes": 64}
METHODS = {
    "nlot": NLOT,
    "nlot_plus": NLOT_PLUS,
    "nlsb": NLSB,
    "entropic": {"kind": "entropic", "epsilon": 0.1, "points": 32},
    "kernel_paths": KERNEL_PATHS,
    "legs": {
        "kind": "legs",
        "method": NLOT_PLUS,
        "lagrangian": {
            "kind": "riemannian",
            "metric": {"kind": "land", "density": {"kind": "fitted", "kernels": 4}},
        },
    },
    "sinkhorn_bridges": {"kind": "sinkhorn_bridges", "points": 64, "draws": 128},
    **LEARNERS,
    "scarvelis_solomon": SCARVELIS_SOLOMON,
    "estimated_density": ESTIMATED_DENSITY,
    "path_costs": PATH_COSTS,
    "chebyshev": {"kind": "chebyshev"},
    "shooting": {"kind": "shooting", "knots": 16},
    "newton": {"kind": "newton", "search": {"segments": 64}},
    "monge_cost": {
        "kind": "monge_cost",
        "convex": {"hidden": [4, 4]},
        "flow": {"layers": 2, "width": 4},
        "steps": 4,
        "report_every": 2,
    },
    "monge_cost_plus": {
        "kind": "monge_cost_plus",
        "convex": {"hidden": [4, 4]},
        "steps": 4,
        "report_every": 2,
    },
    "mlp_cost": {
        "kind": "mlp_cost",
        "cost": {"hidden": [4], "steps": 2},
        "map": {"hidden": [4], "steps": 2},
        "report_every": 2,
    },
    "pair_regression": {
        "kind": "pair_regression",
        "hidden": [4],
        "steps": 4,
        "report_every": 2,
    },
}
ROUND = {"kind": "gaussian", "mean": [0.0, 0.0], "covariance": [[1.0, 0.0], [0.0, 1.0]]}
# In a Gaussian background.
PAIRS = {
    "kind": "geodesics",
    "starts": [[1.5, 0.0], [1.0, 0.0]],
    "ends": [[0.0, 1.5], [-1.2, 0.7]],
    "lagrangian": {
        "kind": "riemannian",
        "metric": {"kind": "density", "density": ROUND},
    },
}
# Two strips, of which five pairs are known.
STRIPS = {
    "kind": "pairs",
    "data": {
        "kind": "aligned",
        "shape": "t_shape",
        "source_points": 16,
        "target_points": 20,
        "pairs": 12,
        "known": 5,
        "held_out": 8,
    },
}
CLOUD = {"kind": "gaussian_mixture", "std": 0.1}
# A quarter of a turn along a ring.
HOLLOW = {
    "source": {**CLOUD, "means": [[1.0, 0.0]]},
    "target": {**CLOUD, "means": [[0.0, 1.0]]},
    "lagrangian": {
        "kind": "riemannian",
        "metric": {"kind": "density", "density": {"kind": "ring", "std": 0.2}},
    },
}
CROSSING = {
    "kind": "generated",
    "metric": {"kind": "cross", "floor": 0.0},
    "groups": [
        {"stations": [[[-1, -1]], [[1, 1]]]},
        {"stations": [[[-1, 1]], [[1, -1]]]},
    ],
    "std": 0.1,
    "particles": 4,
    "held_out": 2,
    "intervals": 3,
    "exact_end": False,
    "velocity": {"network": {"hidden": [4], "activation": "tanh"}, "steps": 2},
}
MODES = {
    "kind": "riemannian",
    "metric": {
        "kind": "density",
        "density": {
            "kind": "gaussian_mixture",
            "means": [[x, y] for x in (-2, 2) for y in (-2, -1, 0, 1, 2)],
            "stds": [0.6],
        },
    },
}
# Ends of a problem, with covariances that do not commute.
GAUSSIANS = {
    "source": {
        "kind": "gaussian",
        "mean": [-0.5, 0.0],
        "covariance": [[0.5, 0.3], [0.3, 0.5]],
    },
    "target": {
        "kind": "gaussian",
        "mean": [1.0, 0.5],
        "covariance": [[0.25, -0.25], [-0.25, 1.0]],
    },
}
# High and low in each of two tall modes: nearer to the other mode than to each other.
TOWERS = {
    "kind": "collection",
    "data": {
        "kind": "drawn",
        "measures": [
            {"kind": "gaussian", "mean": [x, y], "covariance": [[0.01, 0], [0, 0.01]]}
            for x in (-2.0, 2.0)
            for y in (-2.5, 2.5)
        ],
        "names": ["left_low", "left_high", "right_low", "right_high"],
        "points": 8,
    },
    "lagrangian": MODES,
    "labels": ["left", "left", "right", "right"],
}
GRID = {"low": [-1.5, -1.0], "high": [1.5, 1.0], "points": 30}


SLAB = {"kind": "transport", "source": LEFT, "target": RIGHT}
# Networks see coordinates as they are.
PLAIN = {"standardise": {"centre": [0.0, 0.0], "scale": 1.0}}


def settings() -> dict[str, Any]:
    """A whole, valid configuration as YAML would give it."""

    def one(**more: Any) -> dict[str, Any]:
        return {"problems": ["free"], "methods": ["nlot"], **more}

    return deepcopy(
        {
            "preset": "tiny",
            "seeds": [0, 1],
            "problems": {
                "free": {**SLAB, **PLAIN, "lagrangian": EUCLIDEAN},
                "well": {**SLAB, **PLAIN, "lagrangian": WELL},
            },
            "methods": {"nlot": NLOT},
            "evaluation": EVALUATION,
            "tables": {"table1": one(controls=["floor", "translation"])},
            "figures": {"figure1": one(kind="paths")},
        }
    )


def sequence_settings() -> dict[str, Any]:
    """The same, with measures in time and methods that learn their metric.

    `crossing` has a true metric and held-out particles, `given` has neither.
    """
    given = {"kind": "samples", "path": "given.npz"}
    problems = {
        "crossing": {
            "kind": "sequence",
            "data": CROSSING,
            "truth": {"kind": "cross"},
            "grid": GRID,
        },
        "given": {"kind": "sequence", "data": given, "grid": GRID},
    }
    more = {
        "problems": problems,
        "methods": LEARNERS,
        "tables": {"table2": {"problems": ["crossing"], "methods": ["metric_nlot"]}},
        "figures": {
            "figure3": {
                "kind": "directions",
                "problems": ["given"],
                "methods": ["metric_nlot_plus"],
            }
        },
    }
    return merge(settings(), deepcopy(more))


# Memory maps of a process above which compiled programs are dropped.
MANY_MAPS = 30_000
# What only some machines have, or a fixture gives as root alone.
SPECIAL = {"browser", "disk"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what only some machines can run, and puts files in order."""
    for item in items:
        if SPECIAL & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    # What makes the smoke run, for which others wait, comes first.
    items.sort(key=lambda item: item.path.name != "test_smoke.py")


def shared(factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers have in common."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What one worker compiles, the others take from disk."""
    folder = shared(tmp_path_factory) / "compiled"
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


@pytest.fixture(scope="module", autouse=True)
def few_programs() -> Iterator[None]:
    """Compiled programs take memory maps, of which a process may have 65,530.

    Beyond that the compiler crashes; what a later module needs again is on disk.
    """
    yield
    maps = Path("/proc/self/maps")
    if not maps.exists() or maps.read_bytes().count(b"\n") > MANY_MAPS:
        jax.clear_caches()


@pytest.fixture
def raw() -> dict[str, Any]:
    """A fresh copy of `settings()`, for a test to change."""
    return settings()


@pytest.fixture(scope="session")
def experiment() -> Experiment:
    return parse_config(settings())


@pytest.fixture
def raw_sequences() -> dict[str, Any]:
    """A fresh copy of `sequence_settings()`, for a test to change."""
    return sequence_settings()


@pytest.fixture(scope="session")
def sequences_experiment() -> Experiment:
    return parse_config(sequence_settings())


@pytest.fixture(scope="session")
def make_method() -> Callable[..., Any]:
    """Settings of a very small method of a kind, with some keys merged in."""
    return lambda kind, **changes: settings_class("method", kind).model_validate(
        merge(METHODS[kind], changes)
    )


@pytest.fixture(scope="session")
def translations() -> SimpleNamespace:
    """Sixteen points that move by `shift` from each of four measures to the next.

    `truth` is the constant metric that makes this direction cheap.
    """
    shift = np.array([0.4, 0.3])
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (16, 2))
    u = shift / np.linalg.norm(shift)
    return SimpleNamespace(
        sequence=Sequence.of([points + k * shift for k in range(4)]),
        shift=shift,
        truth=np.eye(2) - 0.9 * np.outer(u, u),
    )


@pytest.fixture(scope="session")
def make_problem() -> Callable[..., Transport]:
    """Builds the slab problem of Table 1 with some keys replaced."""

    def make(**changes: Any) -> Transport:
        # Other measures may have another dimension.
        coordinates = {} if "source" in changes else PLAIN
        data = {**SLAB, **coordinates, "lagrangian": WELL, **changes}
        return Transport.Config.model_validate(data).load()

    return make


@pytest.fixture(scope="session")
def free(make_problem) -> Transport:
    return make_problem(lagrangian=EUCLIDEAN)


@pytest.fixture(scope="session")
def wall(make_problem) -> Transport:
    """A hard box in the way."""
    return make_problem(lagrangian=WALL)


@pytest.fixture(scope="session")
def well(make_problem) -> Transport:
    return make_problem(lagrangian=WELL)


@pytest.fixture(scope="session")
def circle(make_problem) -> Transport:
    return make_problem(lagrangian=CIRCLE)


@pytest.fixture(scope="session")
def pairs() -> Geodesics:
    """Two pairs of ends in a Gaussian background."""
    return Geodesics.Config.model_validate(PAIRS).load()


@pytest.fixture(scope="session")
def truth_experiment() -> Experiment:
    """The free and the harmonic slab, and one with a box in the way."""
    raw = settings()
    raw["problems"]["wall"] = {**SLAB, **PLAIN, "lagrangian": WALL}
    raw["evaluation"]["ground_truth"] = {"points": 32, "replicates": 3}
    raw["evaluation"]["least_action"] = {"segments": 24}
    return parse_config(raw)


@pytest.fixture(scope="session")
def truth_file(
    tmp_path_factory: pytest.TempPathFactory, truth_experiment: Experiment
) -> Callable[[str], Path]:
    """The file with a problem's ground truth, found once."""
    folder = shared(tmp_path_factory) / "truth"
    folder.mkdir(exist_ok=True)

    def find(problem: str) -> Path:
        path = folder / f"{problem}.npz"
        if not path.exists():
            make_truth(truth_experiment, problem, path)
        return path

    return find


@pytest.fixture(scope="session")
def strips() -> Pairs:
    """The samples of `STRIPS`, and the five known pairs."""
    config = Pairs.Config.model_validate(STRIPS)
    data = config.data.draw(jax.random.key(0))
    return Pairs.of(data.source, data.target, data.given)


@pytest.fixture(scope="session")
def towers() -> Collection:
    """Eight points of each of the clouds of `TOWERS`."""
    config = Collection.Config.model_validate(TOWERS)
    points = config.data.draw(jax.random.key(0))
    clouds = Clouds(config.data.called, tuple(points.astype(np.float64)))
    lagrangian = config.lagrangian.build()
    return Collection.of(clouds, lagrangian, labels=map(str, config.labels))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless browser; the tests that need one are skipped where there is none."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium found; .ci/install-browser installs it on Debian")
    with Browser(program) as running:
        yield running


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
