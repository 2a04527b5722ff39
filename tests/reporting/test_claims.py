"""Every printed number and statement has its line, made from the right rows."""

import numpy as np
import pandas as pd
import pytest

from nlot.evaluation.tidy import COLUMNS
from nlot.reporting.claims import claims, joined
from nlot.reporting.labels import MEASURES
from nlot.reporting.layout import ABSENT
from nlot.reporting.published import published_rows, published_statements
from nlot.reporting.verdicts import Verdict

NONE = pd.DataFrame({name: [] for name in COLUMNS})


@pytest.fixture
def statements():
    return published_statements()


@pytest.fixture
def make(config, statements, printed_tasks):
    """Lines by the title of their group and their name."""

    def lines(rows):
        groups = claims(rows, published_rows(), statements, printed_tasks, config)
        return {(g.title, line.name): line for g in groups for line in g.lines}

    return lines


@pytest.fixture
def set_values(all_rows):
    """The rows, with the values of some task, method and measure replaced."""

    def replace(changes):
        rows = all_rows.copy()
        for (task, method, measure), values in changes.items():
            chosen = (
                (rows["task"] == task)
                & (rows["method"] == method)
                & (rows["measure"] == measure)
            )
            rows = rows[~chosen]
            more = pd.DataFrame(
                [
                    (task, method, seed, measure, value, 1, 2.0, "cpu")
                    for seed, value in zip((3, 1, 2), values, strict=True)
                ],
                columns=list(COLUMNS),
            )
            rows = pd.concat([rows, more], ignore_index=True)
        return rows

    return replace


def test_every_number_and_statement_has_a_line(make, statements):
    lines = make(NONE)
    assert {line.verdict for line in lines.values()} == {Verdict.NOT_RUN}
    numbers = [key for key in lines if key[0].startswith("Table")]
    assert len(numbers) == len(published_rows())
    tasks = sum(len(tasks.split()) for tasks in statements["tasks"])
    assert len(lines) == len(numbers) + tasks


def test_all_that_the_paper_shows_is_covered(make):
    titles = " ".join(title for title, _ in make(NONE))
    for part in ("Table 1", "Table 2", *(f"Figure {i}" for i in range(1, 5))):
        assert part in titles


def test_statements_name_what_is_measured(statements, config):
    assert set(statements["rule"]) == {"mean", "every"}
    measures = {*statements["measure"], *statements["against_measure"]} - {""}
    assert measures <= set(MEASURES)
    assert ((statements["against_measure"] == "") == (statements["rule"] == "every"))[
        statements["against_measure"] == ""
    ].all()
    assert statements["section"].isin(list(type(config).model_fields)).all()


def test_a_number_is_compared_with_that_of_its_method_and_task(make, set_values):
    rows = set_values({("box", "nlot", "w2_paper"): [1.5, 1.6, 1.7]})
    line = make(rows)["Table 1", "NLOT, box"]
    assert line.reference == "1.6 ± 0.2 (3)"
    assert line.ours == "1.60 ± 0.10 (3)"
    assert line.minutes == "2.50"
    assert line.device == "cpu"


def test_alignments_are_better_when_higher_and_errors_when_lower(make, set_values):
    def verdicts(score, error):
        rows = set_values(
            {
                ("x_paths", "nlot", "alignment"): score,
                ("x_paths", "euclidean_metric", "alignment"): [0.7] * 3,
                ("box", "nlot", "w2_paper"): error,
                ("box", "floor", "w2_paper"): [0.1] * 3,
            }
        )
        lines = make(rows)
        return (
            lines["Table 2", "NLOT, x_paths"].verdict,
            lines["Table 1", "NLOT, box"].verdict,
        )

    low, high = [0.90, 0.901, 0.902], [9.0, 9.01, 9.02]
    assert verdicts(low, high) == ("not reproduced", "not reproduced")
    assert verdicts([0.990, 0.991, 0.992], [0.2, 0.21, 0.22]) == ("better", "better")


def test_the_floor_is_that_of_the_task(make, set_values):
    rows = set_values(
        {
            ("box", "nlot", "w2_paper"): [2.0, 2.01, 2.02],
            ("box", "floor", "w2_paper"): [1.9, 1.91, 1.92],
            ("well", "floor", "w2_paper"): [0.1, 0.11, 0.12],
        }
    )
    line = make(rows)["Table 1", "NLOT, box"]
    assert line.floor == "1.91 ± 0.01 (3)"
    assert line.verdict == Verdict.NOT_DECIDABLE
    assert "perfect map" in line.why


def test_methods_are_compared_seed_by_seed(make, set_values, statements):
    said = statements[statements["against_method"] == "scarvelis_solomon"].iloc[0]
    title = f"{said['where']}: “{said['says']}”"
    base = np.array([0.5, 0.7, 0.9])

    def verdict(advantage, method="scarvelis_solomon"):
        rows = set_values(
            {
                ("x_paths", method, "alignment"): base,
                ("x_paths", "nlot", "alignment"): base + advantage,
            }
        )
        return make(rows)[title, "NLOT, x_paths"].verdict

    # Far less than the spread over seeds, which pairs do not have.
    assert verdict([0.010, 0.011, 0.012]) == Verdict.REPRODUCED
    assert verdict([-0.010, -0.011, -0.012]) == Verdict.NOT_REPRODUCED
    assert verdict([0.010, -0.011, 0.002]) == Verdict.NOT_DECIDABLE
    assert verdict([0.1, 0.11, 0.12], method="another") == Verdict.NOT_RUN


def test_a_limit_is_a_multiple_of_what_the_same_run_is_compared_with(make, set_values):
    own = ("box", "nlot", "action_own_paths"), ("box", "nlot", "action")

    def verdict(factors):
        rows = set_values(
            {own[1]: [1.0, 2.0, 3.0], own[0]: np.array([1.0, 2.0, 3.0]) * factors}
        )
        lines = make(rows)
        found = [
            line for (title, name), line in lines.items() if "1.05" in line.reference
        ]
        return {line.verdict for line in found if line.name == "NLOT, box"}

    assert verdict([1.0, 1.04, 1.04]) == {Verdict.REPRODUCED}
    assert verdict([1.0, 1.04, 1.06]) == {Verdict.NOT_REPRODUCED}


def test_misalignments_are_derived(make, set_values):
    def verdict(score):
        rows = set_values(
            {
                ("x_paths", "nlot", "alignment"): [score] * 3,
                ("x_paths", "euclidean_metric", "alignment"): [0.6] * 3,
            }
        )
        lines = make(rows)
        return next(
            line.verdict
            for (title, name), line in lines.items()
            if title.startswith("Figure 3") and name == "NLOT, x_paths"
        )

    assert verdict(0.91) == Verdict.REPRODUCED
    assert verdict(0.89) == Verdict.NOT_REPRODUCED


def test_released_samples_are_the_task_of_their_name(make, all_rows):
    names = [name for title, name in make(all_rows) if title == "Table 2"]
    assert "NLOT, circle_released" in names
    assert "NLOT, circle" not in names


def test_other_seeds_make_no_number(make, all_rows):
    other = all_rows.assign(seed=all_rows["seed"] + 10, value=1e6)
    both = pd.concat([all_rows, other], ignore_index=True)
    numbers = [
        {k: v for k, v in make(rows).items() if k[0].startswith("Table")}
        for rows in (all_rows, both)
    ]
    assert numbers[0] == numbers[1]


def test_rows_of_both_files_count_once(rows, metric_rows, all_rows):
    old = metric_rows.assign(value=-1.0)
    both = joined(pd.concat([rows, old]), metric_rows)
    pd.testing.assert_frame_equal(both, all_rows)
    pd.testing.assert_frame_equal(joined(all_rows, None), all_rows)


def test_commands_name_the_preset(config, statements, printed_tasks):
    printed = published_rows(), statements, printed_tasks
    groups = claims(NONE, *printed, config)
    assert all("results/tiny/" in group.command for group in groups)
    assert all("--configfile config/tiny.yaml" in group.command for group in groups)
    default = config.model_copy(update={"preset": "default"})
    groups = claims(NONE, *printed, default)
    assert not any("--configfile" in group.command for group in groups)


def test_figures_that_a_preset_does_not_draw_are_not_named(
    config, statements, printed_tasks
):
    without = config.model_copy(update={"figure3": None})
    groups = claims(NONE, published_rows(), statements, printed_tasks, without)
    assert {g.figure for g in groups} == {None, "figure1", "figure2", "figure4"}


def test_small_numbers_keep_digits_that_count(make, set_values):
    """Three decimals, the measure's own, would make all of these 0.005."""
    changes = {
        ("half_circle", "nlot", "action"): (0.0046, 0.0046, 0.0046),
        ("half_circle", "nlot", "action_own_paths"): (0.0055, 0.0055, 0.0055),
    }
    (line,) = (
        line
        for (title, name), line in make(set_values(changes)).items()
        if title.startswith("Figure 1:") and name == "NLOT, half_circle"
    )
    assert line.ours == "0.0055 ± 0.0000 (3)"
    assert line.reference.endswith("0.0046 ± 0.0000 (3)")


def test_nothing_is_compared_with_what_was_printed_of_another_task(
    config, set_values, statements, printed_tasks
):
    """Only of the task that differs, and the numbers themselves stay."""
    own = (
        ("box", "nlot", "action_own_paths"),
        ("box", "euclidean_ot", "action_own_paths"),
    )
    rows = set_values({key: [1.0, 2.0, 3.0] for key in own})

    def lines(tasks):
        groups = claims(rows, published_rows(), statements, tasks, config)
        return {(g.title, line.name): line for g in groups for line in g.lines}

    box = printed_tasks["box"].model_copy(update={"horizon": 2.5})
    same, other = lines(printed_tasks), lines({**printed_tasks, "box": box})
    changed = {key for key in same if same[key] != other[key]}
    measured = {
        key
        for key, line in same.items()
        if key[1].endswith(", box") and line.verdict != Verdict.NOT_RUN
    }
    assert changed == measured
    assert {title.split(":")[0] for title, _ in changed} >= {"Table 1", "Figure 2"}
    for key in changed:
        line = other[key]
        assert line.verdict == Verdict.NOT_COMPARABLE
        assert line.why == "another task than the paper's: horizon is 1, not 2.5"
        assert (line.reference, line.ours) == (same[key].reference, same[key].ours)
        assert line.tolerance == ABSENT
