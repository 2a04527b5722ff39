"""What is measured: a case is a function of `steps` or `solves` and its arguments."""

from typing import Any, NamedTuple

_PROBLEMS = ("box", "slit", "hill", "well")


class Case(NamedTuple):
    """A measurement. `size` is what varies within a group, if anything does."""

    group: str
    name: str
    size: int | None
    function: str
    arguments: dict[str, Any]


def _whole_steps() -> list[Case]:
    """Algorithm 1 on box, Algorithm 2 on 25 clouds of 100 points as in circle."""
    lengths = {"paper": (5, 10), "config": (100, 20)}
    return [
        case
        for preset, (short, long) in lengths.items()
        for case in (
            Case(
                "step",
                f"Algorithm 1, box, {preset}",
                None,
                "steps.algorithm_1",
                {"preset": preset, "steps": short},
            ),
            Case(
                "step",
                f"Algorithm 2, circle, {preset}",
                None,
                "steps.algorithm_2",
                {"preset": preset, "steps": long, "pairs": 24, "points": 100},
            ),
        )
    ]


def _solves() -> list[Case]:
    transforms = [
        Case(
            "solve",
            f"c-transform, box, {preset}",
            None,
            "solves.c_transforms",
            {"preset": preset, "batch": 1024},
        )
        for preset in ("paper", "config")
    ]
    paths = [
        Case(
            "solve",
            f"exact path, {problem}",
            None,
            "solves.least_actions",
            {"problem": problem, "batch": 256},
        )
        for problem in _PROBLEMS
    ]
    return transforms + paths


def _growth() -> list[Case]:
    """Default settings, with more steps for smaller sizes, against noise."""
    batches = [
        Case(
            "batch",
            "Algorithm 1, box",
            batch,
            "steps.algorithm_1",
            {"preset": "config", "steps": max(8192 // batch, 5), "batch": batch},
        )
        for batch in (64, 128, 256, 512, 1024, 2048, 4096, 8192)
    ]
    dimensions = [
        Case(
            "dimension",
            "Algorithm 1, Gaussians",
            dimension,
            "steps.algorithm_1_in_dimension",
            {
                "preset": "config",
                "steps": max(200 // dimension, 20),
                "dimension": dimension,
            },
        )
        for dimension in (2, 4, 8, 16, 32, 64)
    ]
    pairs = [
        Case(
            "pairs",
            "Algorithm 2, circle",
            count,
            "steps.algorithm_2",
            {
                "preset": "config",
                "steps": max(640 // count, 20),
                "pairs": count,
                "points": 100,
            },
        )
        for count in (1, 2, 4, 8, 16, 32, 64)
    ]
    seeds = [
        Case(
            "seeds",
            "Algorithm 1, box",
            count,
            "steps.algorithm_1_of_seeds",
            {
                "preset": "config",
                "steps": max(80 // count, 20),
                "seeds": count,
            },
        )
        for count in (1, 2, 4, 8)
    ]
    return batches + dimensions + pairs + seeds


# Methods by the samples of a measure that they are measured with: whose time depends on
# all, whose on all pairs of samples or on single paths.
_METHODS = {
    (1_000, 10_000, 100_000, 1_000_000): (
        "nlot",
        "nlot_plus",
        "nlsb",
        "entropic",
        "estimated_density",
        "kernel_paths",
        "metric_nlot",
        "metric_nlot_plus",
        "scarvelis_solomon",
        "sinkhorn_bridges",
        "legs",
    ),
    (100, 300, 1_000): ("monge_cost", "monge_cost_plus", "mlp_cost", "pair_regression"),
    (10, 100, 1_000): ("path_costs", "chebyshev", "newton", "shooting"),
}
_DIMENSIONS = (2, 10, 100)
# Those of two measures are left out.
_MEASURES = (2, 10, 100)
_OF_MANY = (
    "metric_nlot",
    "metric_nlot_plus",
    "scarvelis_solomon",
    "sinkhorn_bridges",
    "legs",
    "path_costs",
)
# Of the default steps: more would take hours, and grow alike.
_SHARE = 0.01


def _scale() -> list[Case]:
    """Trainings by every method, where one size varies and the others are small."""

    def case(group: str, method: str, size: int, **sizes: int) -> Case:
        least = next(n[0] for n, methods in _METHODS.items() if method in methods)
        given = {"samples": least, "dimension": 2, "measures": 2, **sizes}
        arguments = {"method": method, "share": _SHARE, **given}
        return Case(group, method, size, "scale.training", arguments)

    return [
        *(
            case("samples", method, n, samples=n)
            for sizes, methods in _METHODS.items()
            for method in methods
            for n in sizes
        ),
        *(
            case("coordinates", method, d, dimension=d)
            for methods in _METHODS.values()
            for method in methods
            for d in _DIMENSIONS
        ),
        *(
            case("measures", method, k, measures=k)
            for method in _OF_MANY
            for k in _MEASURES
        ),
    ]


# Groups of `_scale`, which have a plot of their own.
SCALE = ("samples", "coordinates", "measures")


def cases() -> list[Case]:
    """All cases, in the order in which they are measured."""
    return [*_whole_steps(), *_solves(), *_growth(), *_scale()]
