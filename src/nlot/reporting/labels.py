"""How methods and measures are called in tables and figures."""

from typing import NamedTuple

from nlot.config import Config
from nlot.reporting.published import PUBLISHED

# Measures of a run's map network alone carry this suffix.
MAP = "_map"
EXCESS = "_excess"

_METHODS = {
    "nlot": "NLOT",
    "nlot_plus": "NLOT+",
    "nlsb": "NLSB",
    "nlsb_stochastic": "NLSB (stochastic)",
    "nlsb_expected": "NLSB (expected)",
    "reference": "Ground truth",
    "floor": "Noise floor",
    "translation": "Translation",
    "euclidean_ot": "Euclidean OT",
    "scarvelis_solomon": "Scarvelis and Solomon",
    "true_metric": "True metric",
    "random_metric": "Random metric",
    "euclidean_metric": "Euclidean metric",
    "nearest_particle": "Nearest particle (oracle)",
}


class Measure(NamedTuple):
    """Heading of a measure, and its digits.

    In `title`, `{e}` is the evaluation section and `{grid}` the size of the grids of
    Table 2. `decimals` are the digits after the point that a table shows.
    """

    title: str
    decimals: int


# In the order of the tables.
MEASURES = {
    "w2_paper": Measure("W₂² × 100, paper's protocol, n = {e.paper.points}", 2),
    "w2_paper_excess": Measure("Paper's protocol, excess over the floor", 2),
    "w2_exact": Measure("W₂² × 100, exact, n = {e.exact.points}", 3),
    "w2_exact_excess": Measure("Exact W₂² × 100, excess over the floor", 3),
    "sinkhorn_divergence": Measure(
        "Sinkhorn divergence × 100, n = {e.divergence.points}", 3
    ),
    "sinkhorn_divergence_excess": Measure(
        "Sinkhorn divergence × 100, excess over the floor", 3
    ),
    "action": Measure("Mean action, n = {e.action.points}", 3),
    "action_own_paths": Measure("Mean action of the method's own paths", 3),
    "action_converged": Measure("Share of path solves that converged", 3),
    "obstacle_time": Measure("Share of the own paths' time inside obstacles", 4),
    "optimal_cost": Measure("Optimal cost of n = {e.ground_truth.points} points", 4),
    "optimal_low": Measure("Optimal cost of the measures, lower bound", 4),
    "optimal_high": Measure("Optimal cost of the measures, upper bound", 4),
    "action_gap": Measure("Mean action over the optimal cost, percent", 3),
    "coupling_gap": Measure("Nearest coupling over the optimal cost, percent", 3),
    "path_loss": Measure("Own paths over paths of least action, percent", 3),
    "straight_loss": Measure("Straight paths over paths of least action, percent", 2),
    "duality_gap": Measure("Duality gap of the potential, percent", 3),
    "optimal_distance": Measure("Distance from the optimal coupling", 3),
    "map_error": Measure("Error of the map in percent, n = {e.action.points}", 2),
    "alignment": Measure("Alignment (eq. 28), {grid} grid", 4),
    "alignment_data": Measure("Alignment at the data", 4),
    "misalignment": Measure("One less the alignment", 4),
    "trajectory_error": Measure("Error of predicted particles, held out", 3),
    "population_error": Measure("Error of predicted populations", 3),
    "minutes": Measure("Training time in minutes", 2),
}


# What maps are compared with the ground truth by.
TRUTH = (
    "optimal_cost",
    "optimal_low",
    "optimal_high",
    "action",
    "action_gap",
    "coupling_gap",
    "path_loss",
    "straight_loss",
    "duality_gap",
    "optimal_distance",
)


def method_label(name: str) -> str:
    """What `method` is called in print; a name without an entry stands for itself."""
    if name.startswith(PUBLISHED):
        return f"{method_label(name.removeprefix(PUBLISHED))}, published"
    return _METHODS.get(name, name)


def measure_title(name: str, config: Config) -> str:
    """Heading of a measure, with the sample size that `config` asks for."""
    if name not in MEASURES:
        return name
    return MEASURES[name].title.format(e=config.evaluation, grid=grid_size(config))


def grid_size(config: Config) -> str:
    """The points of the grids on which Table 2 compares metrics, like "100 × 100"."""
    names = config.table2.sequences if config.table2 else ()
    sizes = dict.fromkeys(config.sequences[name].grid.points for name in names)
    return " or ".join(f"{n} × {n}" for n in sizes)


def decimals(name: str) -> int:
    """Digits after the point that a table shows for a measure."""
    return MEASURES[name].decimals if name in MEASURES else 3


def lower_is_better(name: str) -> bool:
    """Whether less of a measure is better: all but the alignments are errors."""
    return name not in {"alignment", "alignment_data"}


def split_measure(name: str) -> tuple[str, str]:
    """The measure without the suffix of network maps, and that suffix or nothing."""
    base = name.removesuffix(MAP)
    return base, name[len(base) :]
