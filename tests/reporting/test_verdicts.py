"""The rule of the verdicts: its boundaries, and what must not change a verdict."""

import math

import numpy as np
import pytest
from scipy import stats

from nlot.reporting.verdicts import (
    LEVEL,
    Estimate,
    Verdict,
    difference_margin,
    judge_every,
    judge_mean,
    judge_number,
)

NAN = math.nan
PRINTED = Estimate(2.0, 0.1, 3)


def judge(published, ours, unit=0.1, lower_is_better=True, **more):
    return judge_number(
        published, ours, unit=unit, lower_is_better=lower_is_better, **more
    )


def near(tolerances, published=PRINTED, sd=0.05, **more):
    """The verdict on a number that lies so many tolerances above the printed one."""
    tolerance = difference_margin(published, Estimate(0.0, sd, 3)) + 0.05
    ours = Estimate(published.mean + tolerances * tolerance, sd, 3)
    return judge(published, ours, **more)


def test_margin_is_that_of_welch():
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 2, 5), rng.normal(0, 0.3, 3)
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(LEVEL)
    margin = difference_margin(
        *(Estimate(x.mean(), x.std(ddof=1), len(x)) for x in (a, b))
    )
    assert margin == pytest.approx((interval.high - interval.low) / 2)


def test_margin_of_a_single_trial_is_that_of_a_prediction():
    """A new draw falls within it with the level's probability."""
    rng = np.random.default_rng(0)
    draws = rng.normal(0, 1, (1500, 4))
    kept = [
        abs(x[0] - x[1:].mean())
        <= difference_margin(
            Estimate(x[0], NAN, 1), Estimate(x[1:].mean(), x[1:].std(ddof=1), 3)
        )
        for x in draws
    ]
    assert np.mean(kept) == pytest.approx(LEVEL, abs=0.02)


def test_margin_is_symmetric_and_needs_a_spread():
    one, many = Estimate(1.0, NAN, 1), Estimate(3.0, 0.2, 4)
    assert difference_margin(one, many) == difference_margin(many, one)
    assert math.isnan(difference_margin(one, one))
    assert difference_margin(Estimate(1.0, 0.0, 3), Estimate(2.0, 0.0, 3)) == 0


@pytest.mark.parametrize(
    ("tolerances", "lower", "higher"),
    [
        (-1.01, Verdict.BETTER, Verdict.NOT_REPRODUCED),
        (-0.99, Verdict.REPRODUCED, Verdict.REPRODUCED),
        (0.0, Verdict.REPRODUCED, Verdict.REPRODUCED),
        (0.99, Verdict.REPRODUCED, Verdict.REPRODUCED),
        (1.01, Verdict.NOT_REPRODUCED, Verdict.BETTER),
    ],
)
def test_what_is_better_depends_on_the_measure(tolerances, lower, higher):
    assert near(tolerances).verdict == lower
    assert near(tolerances, lower_is_better=False).verdict == higher


@pytest.mark.parametrize("tolerances", [-1.5, -0.5, 0.5, 1.5])
@pytest.mark.parametrize("floor", [NAN, 1.0, 2.5])
@pytest.mark.parametrize("sd", [0.1, 0.7, NAN])
@pytest.mark.parametrize("unit", [1e-3, 0.1])
def test_units_do_not_matter(tolerances, floor, sd, unit):
    def verdict(scale):
        published = Estimate(2.0 * scale, sd * scale, 3 if sd == sd else 1)
        ours = Estimate((2.0 + 0.3 * tolerances) * scale, 0.1 * scale, 3)
        return judge(published, ours, unit * scale, floor=floor * scale).verdict

    assert verdict(1.0) == verdict(100.0) == verdict(1e-9)


@pytest.mark.parametrize("value", np.linspace(0.2, 0.98, 9))
@pytest.mark.parametrize("floor", [NAN, 0.7])
def test_an_error_and_a_score_are_judged_alike(value, floor):
    """One less a score is an error: nothing but the direction changes."""
    score = judge(
        Estimate(0.8, 0.05, 3),
        Estimate(value, 0.02, 3),
        0.01,
        lower_is_better=False,
        floor=floor,
        void=0.1,
    )
    error = judge(
        Estimate(1 - 0.8, 0.05, 3),
        Estimate(1 - value, 0.02, 3),
        0.01,
        floor=1 - floor,
        void=0.9,
    )
    assert score.verdict == error.verdict
    assert score.advantage == pytest.approx(error.advantage)


def test_rounding_is_part_of_the_tolerance():
    exact = Estimate(2.04, 0.0, 3)
    assert judge(Estimate(2.0, 0.0, 3), exact).verdict == Verdict.REPRODUCED
    judged = judge(Estimate(2.0, 0.0, 3), exact, unit=0.01)
    assert judged.verdict == Verdict.NOT_REPRODUCED
    assert judged.tolerance == pytest.approx(0.005)


def test_printed_beyond_the_floor_decides_nothing_near_the_floor():
    printed, floor = Estimate(1.3, 0.2, 3), 1.58
    for mean in (1.2, 1.4, 1.6, 1.9):
        judged = judge(printed, Estimate(mean, 0.05, 3), floor=floor)
        assert judged.verdict == Verdict.NOT_DECIDABLE
        assert "perfect map" in judged.why
    judged = judge(printed, Estimate(2.4, 0.05, 3), floor=floor)
    assert judged.verdict == Verdict.NOT_REPRODUCED
    assert judged.advantage == pytest.approx(floor - 2.4)


def test_rounding_puts_nothing_beyond_the_floor():
    for mean, verdict in ((1.54, "reproduced"), (1.52, "not decidable")):
        judged = judge(Estimate(mean, 0.01, 3), Estimate(1.55, 0.01, 3), floor=1.58)
        assert judged.verdict == verdict


def test_a_perfect_result_is_told_from_one_that_agrees():
    near_floor = judge(PRINTED, Estimate(2.0, 0.05, 3), floor=1.9)
    far = judge(PRINTED, Estimate(2.0, 0.05, 3), floor=1.0)
    assert near_floor.verdict == far.verdict == Verdict.REPRODUCED
    assert "perfect map" in near_floor.why
    assert "perfect map" not in far.why


@pytest.mark.parametrize(("sd", "decided"), [(0.79, True), (0.81, False)])
def test_a_tolerance_that_reaches_zero_decides_nothing(sd, decided):
    # Student's t for two degrees of freedom is 4.303.
    printed = Estimate(2.0, sd, 3)
    judged = judge(printed, Estimate(2.0, 0.0, 3), unit=0.0)
    assert (judged.verdict == Verdict.REPRODUCED) == decided
    # Far beyond such a tolerance there is no doubt.
    judged = judge(printed, Estimate(9.0, 0.0, 3), unit=0.0)
    assert judged.verdict == Verdict.NOT_REPRODUCED


def test_a_tolerance_that_reaches_what_knows_nothing_decides_nothing():
    printed, ours = Estimate(0.84, NAN, 1), Estimate(0.9, 0.03, 3)
    more = {"unit": 1e-3, "lower_is_better": False}
    assert judge(printed, ours, **more).verdict == Verdict.REPRODUCED
    assert judge(printed, ours, **more, void=0.71).verdict == Verdict.NOT_DECIDABLE
    assert judge(printed, ours, **more, void=0.64).verdict == Verdict.REPRODUCED


def test_two_single_trials_decide_nothing():
    judged = judge(Estimate(2.0, NAN, 1), Estimate(2.0, NAN, 1))
    assert judged.verdict == Verdict.NOT_DECIDABLE


def test_a_comparison_of_methods_is_a_paired_t_test():
    rng = np.random.default_rng(1)
    for shift in (-3, -0.8, 0.1, 0.8, 3):
        found = rng.normal(shift, 1, 4)
        low, high = stats.ttest_1samp(found, 0).confidence_interval(LEVEL)
        expected = (
            Verdict.REPRODUCED
            if low > 0
            else Verdict.NOT_REPRODUCED
            if high < 0
            else Verdict.NOT_DECIDABLE
        )
        assert judge_mean(found.tolist()).verdict == expected


def test_a_comparison_changes_sign_with_the_methods():
    mirror = {
        Verdict.REPRODUCED: Verdict.NOT_REPRODUCED,
        Verdict.NOT_REPRODUCED: Verdict.REPRODUCED,
        Verdict.NOT_DECIDABLE: Verdict.NOT_DECIDABLE,
    }
    for found in ([1.0, 1.1, 0.9], [0.1, -0.1, 0.05], [-2.0, -2.1, -2.2]):
        other = judge_mean([-x for x in found]).verdict
        assert other == mirror[judge_mean(found).verdict]


def test_a_comparison_needs_two_seeds():
    assert judge_mean([5.0]).verdict == Verdict.NOT_DECIDABLE
    assert judge_mean([]).verdict == Verdict.NOT_RUN
    assert judge_mean([1.0, 1.0]).verdict == Verdict.REPRODUCED
    assert judge_mean([0.0, 0.0]).verdict == Verdict.NOT_DECIDABLE


def test_a_limit_is_kept_by_every_run_or_not_at_all():
    assert judge_every([0.0, 1.0]).verdict == Verdict.REPRODUCED
    judged = judge_every([5.0, -1e-9, 5.0])
    assert judged.verdict == Verdict.NOT_REPRODUCED
    assert judged.why == "kept by 2 of 3"
    assert judge_every([]).verdict == Verdict.NOT_RUN
