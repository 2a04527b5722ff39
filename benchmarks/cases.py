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


def cases() -> list[Case]:
    """All cases, in the order in which they are measured."""
    return [*_whole_steps(), *_solves(), *_growth()]
