"""What runs found out about themselves."""

from nlot.evaluation.registry import Value, measure
from nlot.evaluation.transport_case import TransportCase


@measure(
    "converged",
    "Share of runs whose own checks found nothing wrong",
    2,
    needs=["checked"],
    lower_is_better=False,
)
def converged(case: TransportCase) -> Value:
    """1 if the run's own checks found nothing wrong, else 0."""
    return float(case.subject.diagnostics.converged), 1
