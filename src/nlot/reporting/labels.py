"""How rows and measures are called in tables and figures."""

from collections.abc import Iterable

from nlot.config import Experiment
from nlot.config.kinds import KINDS, settings_class
from nlot.evaluation import CONTROLS, MEASURES
from nlot.methods.labels import row_label as method_label


def row_label(experiment: Experiment, row: str) -> str:
    """What a row of a table is called in print.

    **Arguments:** `row` is a method, a variant of one, a control, or a row of a method
    that only a paper has; another name stands for itself.
    """
    if row in CONTROLS:
        return CONTROLS[row].label
    try:
        method = experiment.owner(row)
    except KeyError:
        return _kind_label(row)
    kind = experiment.methods[method].kind
    label = method_label(kind, row.removeprefix(method).removeprefix("_"))
    # Two methods of a kind, with settings of their own, have one label.
    alike = [name for name, other in experiment.methods.items() if other.kind == kind]
    return label if len(alike) == 1 else f"{label} ({method})"


def _kind_label(row: str) -> str:
    """Of a row that a paper has and the preset does not: methods named by kind."""
    for kind in KINDS["method"]:
        variant = row.removeprefix(kind).removeprefix("_")
        known = settings_class("method", kind).variants  # type: ignore[attr-defined]
        if row in (kind, f"{kind}_{variant}") and variant in {"", *known}:
            return method_label(kind, variant)
    return row


def measure_title(name: str, sizes: Iterable[int] = ()) -> str:
    """Heading of a measure, with the sample sizes that it was taken with.

    Without any the heading says nothing of them.
    """
    if name not in MEASURES:
        return name
    title, found = MEASURES[name].title, sorted(set(sizes))
    if not found:
        return title.replace(", n = {n}", "")
    return title.format(n=" or ".join(map(str, found)))


def decimals(name: str) -> int:
    """Digits after the point that a table shows for a measure."""
    return MEASURES[name].digits if name in MEASURES else 3


def lower_is_better(name: str) -> bool:
    """Whether less of a measure is better."""
    return name not in MEASURES or MEASURES[name].lower_is_better
