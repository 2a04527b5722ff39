"""The rules by which a printed number or statement counts as reproduced.

All functions are pure, and their verdicts do not depend on the unit of the numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy

# Level of the confidence intervals that give tolerances.
LEVEL = 0.95


class Verdict(StrEnum):
    """The outcome of a comparison."""

    REPRODUCED = "reproduced"
    BETTER = "better"
    NOT_REPRODUCED = "not reproduced"
    NOT_DECIDABLE = "not decidable"
    NOT_COMPARABLE = "not comparable"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Estimate:
    """Mean and sample standard deviation of `n` runs; NaN where `n` is 1."""

    mean: float
    sd: float
    n: int


@dataclass(frozen=True)
class Judgement:
    """A verdict, the reason for it, and its tolerance, or NaN.

    `advantage` is by how much ours is better, or worse if negative.
    """

    verdict: Verdict
    why: str
    advantage: float = math.nan
    tolerance: float = math.nan


def judge_number(
    published: Estimate,
    ours: Estimate,
    *,
    unit: float,
    lower_is_better: bool,
    floor: float = math.nan,
    void: float = 0.0,
) -> Judgement:
    """Whether our number reproduces a printed one.

    `unit` is one in the last printed digit. `floor` is what a perfect result scores, if
    that is known: no number is better on average. A printed number beyond it is
    replaced by the floor, which leaves two verdicts: not decidable and not reproduced.
    `void` is a meaningless score, zero or that of learning nothing: if the tolerance
    reaches it from the printed number, nothing can be decided.
    """
    sign = -1.0 if lower_is_better else 1.0
    margin = difference_margin(published, ours)
    if math.isnan(margin):
        advantage = sign * (ours.mean - published.mean)
        why = "neither number has a spread"
        return Judgement(Verdict.NOT_DECIDABLE, why, advantage)
    rounding = unit / 2
    tolerance = margin + rounding
    beyond = sign * (published.mean - floor) > rounding
    aim = floor if beyond else published.mean
    advantage = sign * (ours.mean - aim)
    if advantage < -tolerance:
        verdict, why = Verdict.NOT_REPRODUCED, "worse by more than the tolerance"
        if beyond:
            why += " than the noise floor"
    elif beyond:
        verdict = Verdict.NOT_DECIDABLE
        why = (
            "printed is better than a perfect map scores; "
            "ours is within the tolerance of the noise floor"
        )
    elif advantage > tolerance:
        verdict, why = Verdict.BETTER, "better by more than the tolerance"
    elif tolerance >= abs(published.mean - void):
        verdict = Verdict.NOT_DECIDABLE
        why = "the tolerance is so wide that nearly anything would agree"
    else:
        verdict, why = Verdict.REPRODUCED, "within the tolerance"
        if abs(published.mean - floor) <= tolerance:
            why += ", as a perfect map would be"
    return Judgement(verdict, why, advantage, tolerance)


def judge_mean(advantages: Sequence[float]) -> Judgement:
    """Whether one method is better than another on average.

    `advantages` are by how much it is better, one number for each seed of both.
    """
    if not advantages:
        return NOT_RUN
    n, mean = len(advantages), float(np.mean(advantages))
    if n == 1:
        return Judgement(Verdict.NOT_DECIDABLE, "one seed has no spread", mean)
    tolerance = _quantile(n - 1) * float(np.std(advantages, ddof=1)) / math.sqrt(n)
    if mean > tolerance:
        verdict, why = Verdict.REPRODUCED, "better by more than the tolerance"
    elif mean < -tolerance:
        verdict, why = Verdict.NOT_REPRODUCED, "worse by more than the tolerance"
    else:
        verdict, why = Verdict.NOT_DECIDABLE, "the difference is within the tolerance"
    return Judgement(verdict, why, mean, tolerance)


def judge_every(advantages: Sequence[float]) -> Judgement:
    """Whether every single run keeps a limit: none of `advantages` is negative."""
    if not advantages:
        return NOT_RUN
    n, kept = len(advantages), sum(advantage >= 0 for advantage in advantages)
    verdict = Verdict.REPRODUCED if kept == n else Verdict.NOT_REPRODUCED
    return Judgement(
        verdict, f"kept by {kept} of {n}", float(np.mean(advantages)), math.nan
    )


def difference_margin(a: Estimate, b: Estimate) -> float:
    """Half the width of Welch's confidence interval for the difference of two means.

    If one of them has no spread, the other's is used; NaN if neither has one.
    """
    known = [e for e in (a, b) if e.n > 1 and not math.isnan(e.sd)]
    if not known:
        return math.nan
    if len(known) == 1:
        variance = known[0].sd ** 2 * (1 / a.n + 1 / b.n)
        freedom = known[0].n - 1.0
    else:
        parts = [e.sd**2 / e.n for e in known]
        variance = sum(parts)
        if variance == 0:
            return 0.0
        # Shares, as the squares of small variances would underflow.
        shares = [part / variance for part in parts]
        freedom = 1 / sum(
            share**2 / (e.n - 1) for share, e in zip(shares, known, strict=True)
        )
    return _quantile(freedom) * math.sqrt(variance)


def _quantile(freedom: float | int) -> float:
    """The bound below which Student's |t| stays with probability `LEVEL`."""
    return float(scipy.stats.t.ppf((1 + LEVEL) / 2, freedom))


NOT_RUN = Judgement(Verdict.NOT_RUN, "this preset has no such runs")
