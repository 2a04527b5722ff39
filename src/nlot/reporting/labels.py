"""The names of rows and measures in tables and figures."""

from collections.abc import Iterable, Mapping

from nlot.config import Experiment
from nlot.config.kinds import KINDS, settings_class
from nlot.evaluation import CONTROLS, MEASURES
from nlot.evaluation.registry import split
from nlot.methods import row_label as method_label


def row_label(experiment: Experiment, row: str) -> str:
    """The printed name of a table's row.

    **Arguments:** `row` is a method, a variant of one, a control, or the kind of a
    method that only a paper has; any other name is returned unchanged. Of several
    methods of one kind, the one named like its kind has the plain label. The others
    have what their name adds to the kind, or their name, in brackets.
    """
    if row in CONTROLS:
        return CONTROLS[row].label
    kinds = {name: method.kind for name, method in experiment.methods.items()}
    for name, kind in (*kinds.items(), *((kind, kind) for kind in KINDS["method"])):
        known = settings_class("method", kind).variants  # type: ignore[attr-defined]
        variant = row.removeprefix(name).removeprefix("_")
        if row in (name, f"{name}_{variant}") and variant in {"", *known}:
            label = method_label(kind, variant)
            return f"{label}{_which(name, kinds)}"
    return row


def _which(name: str, kinds: Mapping[str, str]) -> str:
    kind = kinds.get(name, name)
    if name == kind or list(kinds.values()).count(kind) == 1:
        return ""
    added = name.removeprefix(f"{kind}_")
    # The other method may have these words for its name.
    shown = name if added in kinds else added.replace("_", " ")
    return f" ({shown if added != name else name})"


def measure_title(name: str, sizes: Iterable[int] = ()) -> str:
    """Heading of a measure, with its sample sizes.

    Without any, the heading does not mention them.
    """
    measure, entry = split(name)
    if measure not in MEASURES:
        return name
    title, found = MEASURES[measure].title, sorted(set(sizes))
    if not found:
        title = title.replace(", n = {n}", "")
    named = f" {entry}" if entry else ""
    return title.format(n=" or ".join(map(str, found)), entry=named)


def decimals(name: str) -> int:
    """Digits after the point that a table shows for a measure."""
    measure, _ = split(name)
    return MEASURES[measure].digits if measure in MEASURES else 3


def lower_is_better(name: str) -> bool:
    """Whether lower values of a measure are better."""
    measure, _ = split(name)
    return measure not in MEASURES or MEASURES[measure].lower_is_better
