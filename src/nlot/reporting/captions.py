"""Captions of tables: they state the settings in use, taken from the configuration."""

from collections.abc import Collection, Sequence

from nlot.config import Config, Table2Config
from nlot.reporting.labels import grid_size
from nlot.reporting.summary import FLOOR


def table1_caption(config: Config, sources: Sequence[str]) -> str:
    """What Table 1 shows and how it was measured; `sources` of its published rows."""
    tasks = ", ".join(config.table1.tasks)
    return _join(
        f"Push-forward error and action on {tasks} (preset {config.preset}).",
        _spread(config),
        _protocols(config),
        _floor(config),
        _published(sources),
    )


def supplement_caption(
    config: Config, sources: Sequence[str], shown: Collection[str]
) -> str:
    """What the supplementary table shows; `sources` are those of `table1_caption`.

    Sentences on measures that are not in `shown` are left out.
    """
    return _join(
        f"All measures of all tasks (preset {config.preset}).",
        _spread(config),
        _protocols(config),
        _ground_truth(config) if "coupling_gap" in shown else "",
        _MAP_ERROR if "map_error" in shown else "",
        "Network map: the map network without the refinement by the c-transform.",
        _floor(config),
        _published(sources),
    )


def truth_caption(config: Config, shown: Collection[str]) -> str:
    """What the table of the ground truth shows.

    Sentences on measures that are not in `shown` are left out.
    """
    tasks = ", ".join(config.table1.tasks)
    return _join(
        f"Maps against the ground truth of {tasks} (preset {config.preset}).",
        _spread(config),
        _ground_truth(config) if "coupling_gap" in shown else "",
    )


def bounds_caption(config: Config) -> str:
    """What the table of single runs against the bounds shows."""
    return (
        f"Every run (preset {config.preset}) against the bounds on the optimal cost of "
        "the measures, the outer ends of 95 % bootstrap intervals: the cost, and how "
        "far it is above (+) or below (-) the interval. The nearest coupling cannot "
        "cost less than the optimal one of the same points; the mean action can, "
        "where the map falls short of the target."
    )


def refinement_caption(config: Config) -> str:
    """What the table of refinements shows."""
    return (
        f"Optimal cost between points of source and target (preset {config.preset}), "
        "one setting changed at a time. Costs are least actions along polygons, the "
        "best found from several starts and from the paths of neighbouring pairs."
    )


def table2_caption(
    config: Config,
    section: Table2Config,
    sources: Sequence[str],
    shown: Collection[str],
) -> str:
    """What Table 2, as `section` asks for it, shows; `sources` as in `table1_caption`.

    Sentences on measures and controls that are not in `shown` are left out.
    """
    sequences = ", ".join(section.sequences)
    return _join(
        f"Metrics learned on {sequences} (preset {config.preset}).",
        _spread(config),
        *(
            sentence.format(grid=grid_size(config))
            for name, sentence in _METRICS.items()
            if name in shown
        ),
        _by_construction(shown),
        _published(sources),
    )


def _ground_truth(config: Config) -> str:
    n = config.evaluation.ground_truth.points
    return (
        f"Ground truth: exact costs between {n} points a side, which stand for cells "
        f"of equal mass and are those of seed {config.seeds[0]} for all runs, and "
        "their optimal coupling; deviations are between runs; bounds on the optimal "
        "cost of the measures are the outer ends of 95 % bootstrap intervals. "
        "Percentages are of the optimal cost of the same points, or of the action "
        "along paths of least action between the same ends. Nearest coupling: the "
        "points are moved from where a map sends them onto the target by the least "
        "mean squared distance; it cannot cost less than the optimal one, while an "
        "action can where the map falls short of the target. Duality gap: of the "
        "learned potential, after an exact c-transform on the same points. "
        "Distance: root mean square."
    )


_MAP_ERROR = (
    "Error of the map: root mean square distance between images under the map and "
    "under the optimal one, over evenly spread points of the source, in percent of the "
    "target's total standard deviation; on tasks whose optimal map has a closed form."
)
_COUPLED = "particles move as the nearest sample does under exact couplings"
# By measure or control.
_METRICS = {
    "alignment": "Alignment: eq. 28 between the learned and the true metric, mean over "
    "a {grid} grid or over the samples of all times; the eigenvectors are those of "
    "metrics on velocities, in ascending order of their eigenvalues.",
    "trajectory_error": "Error of predicted particles: root mean square distance over "
    "held-out particles and all later times, in units of the data; a prediction knows "
    "the first position of a particle alone.",
    "population_error": "Error of predicted populations: root mean square over all "
    "later times of the exact W₂ between the same particles, predicted and true, in "
    "units of the data; without held-out particles, between the carried samples of the "
    "first measure and those of the time.",
    "true_metric": f"True metric: {_COUPLED} for its cost along straight paths.",
    "random_metric": "Random metric: an independent, uniform angle at every point.",
    "euclidean_metric": "Euclidean metric: identity matrices, whose eigenvectors are "
    f"taken to be the coordinate axes; {_COUPLED} for the squared distance.",
    "nearest_particle": "Nearest particle (oracle): the true way of the held-out "
    "particle that starts nearest.",
}


def _by_construction(shown: Collection[str]) -> str:
    if not {"true_metric", "euclidean_metric"} & set(shown):
        return ""
    return (
        "Exact couplings send samples onto samples: without held-out particles, the "
        "populations which they predict are right by construction where all measures "
        "have equally many."
    )


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _spread(config: Config) -> str:
    seeds = ", ".join(map(str, config.seeds))
    if len(config.seeds) == 1:
        return f"Values of seed {seeds}."
    return (
        f"Mean ± sample standard deviation over seeds {seeds}; runs: number of "
        "seeds, or of trials for published rows."
    )


def _protocols(config: Config) -> str:
    e = config.evaluation
    return (
        f"Paper's protocol: entropic W₂² × 100 with ε = {e.paper.epsilon:g} between "
        f"{e.paper.points} samples a side (at most {e.paper.max_iterations} Sinkhorn "
        f"iterations), mean over {_draws(e.paper.draws)}. "
        f"Exact: W₂² × 100 by network simplex between {e.exact.points} samples a side, "
        f"mean over {_draws(e.exact.draws)}. "
        f"Sinkhorn divergence: debiased, × 100, with ε = {e.divergence.epsilon:g} of "
        f"the squared task bounds (at most {e.divergence.max_iterations} iterations) "
        f"between {e.divergence.points} samples a side, mean over "
        f"{_draws(e.divergence.draws)}. "
        f"Action: mean over {e.action.points} evenly spread points of the source, "
        "along paths of least action between their ends (polygons of "
        f"{e.least_action.segments} segments)."
    )


def _draws(number: int) -> str:
    return f"{number} independent draws" if number > 1 else "one draw"


def _floor(config: Config) -> str:
    if FLOOR not in config.table1.controls:
        return ""
    return (
        "Noise floor: the target against itself; an excess is over the floor of the "
        "same draws."
    )


def _published(sources: Sequence[str]) -> str:
    return f"Published rows: as printed in {'; '.join(sources)}." if sources else ""
