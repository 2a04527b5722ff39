"""Every printed number and statement has its line, made from the right rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nlot import papers
from nlot.config import load_config
from nlot.evaluation.rows import COLUMNS
from nlot.reporting.claims import claims
from nlot.reporting.table import ABSENT
from nlot.reporting.verdicts import Verdict

from .claimed import PAPER, SEEDS, experiment, rows

PRESETS = Path(__file__).parents[2] / "config"
NONE = rows()[:0]
STATEMENTS = papers.statements(PAPER)


def groups(rows, **changes):
    return claims(rows, PAPER, experiment(**changes)).groups


def make(rows, **changes):
    """Lines by the title of their group and their name."""
    found = groups(rows, **changes)
    return {(g.title, line.name): line for g in found for line in g.lines}


def set_values(changes):
    """The rows, with the values of some problem, method and measure replaced."""
    found = rows()
    for key, values in changes.items():
        names = found[["problem", "method", "measure"]].apply(tuple, axis=1)
        problem, method, measure = key
        more = pd.DataFrame(
            [
                (problem, method, seed, measure, value, 1, 2.0, "cpu")
                for seed, value in zip(SEEDS, values, strict=True)
            ],
            columns=list(COLUMNS),
        )
        found = pd.concat([found[names != key], more], ignore_index=True)
    return found


def test_every_number_and_statement_has_a_line():
    lines = make(NONE)
    assert {line.verdict for line in lines.values()} == {Verdict.NOT_RUN}
    numbers = [key for key in lines if key[0].startswith("Table")]
    assert len(numbers) == len(papers.numbers(PAPER))
    tasks = sum(len(tasks.split()) for tasks in STATEMENTS["problems"])
    assert len(lines) == len(numbers) + tasks


def test_all_that_the_paper_shows_is_covered():
    titles = " ".join(title for title, _ in make(NONE))
    for part in ("Table 1", "Table 2", *(f"Figure {i}" for i in range(1, 5))):
        assert part in titles


def test_a_number_is_compared_with_that_of_its_method_and_task():
    rows = set_values({("box", "nlot", "w2_paper"): [1.5, 1.6, 1.7]})
    line = make(rows)["Table 1", "NLOT, box"]
    assert line.reference == "1.6 ± 0.2 (3)"
    assert line.ours == "1.60 ± 0.10 (3)"
    assert line.minutes == "2.50"
    assert line.device == "cpu"


def test_alignments_are_better_when_higher_and_errors_when_lower():
    def verdicts(score, error):
        rows = set_values(
            {
                ("x_paths", "metric_nlot", "alignment"): score,
                ("x_paths", "euclidean_metric", "alignment"): [0.7] * 3,
                ("box", "nlot", "w2_paper"): error,
                ("box", "floor", "w2_paper"): [0.1] * 3,
            }
        )
        lines = make(rows)
        return (
            lines["Table 2", "Metric NLOT, x_paths"].verdict,
            lines["Table 1", "NLOT, box"].verdict,
        )

    low, high = [0.90, 0.901, 0.902], [9.0, 9.01, 9.02]
    assert verdicts(low, high) == ("not reproduced", "not reproduced")
    assert verdicts([0.990, 0.991, 0.992], [0.2, 0.21, 0.22]) == ("better", "better")


def test_the_floor_is_that_of_the_task():
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


def test_methods_are_compared_seed_by_seed():
    said = STATEMENTS[STATEMENTS["against_method"] == "scarvelis_solomon"].iloc[0]
    title = f"{said['where']}: “{said['says']}”"
    base = np.array([0.5, 0.7, 0.9])

    def verdict(advantage, method="scarvelis_solomon"):
        rows = set_values(
            {
                ("x_paths", method, "alignment"): base,
                ("x_paths", "metric_nlot", "alignment"): base + advantage,
            }
        )
        # In whatever order the seeds stand.
        last = rows["method"] == method
        rows = pd.concat([rows[~last], rows[last][::-1]])
        return make(rows)[title, "Metric NLOT, x_paths"].verdict

    # Far less than the spread over seeds, which pairs do not have.
    assert verdict([0.010, 0.011, 0.012]) == Verdict.REPRODUCED
    assert verdict([-0.010, -0.011, -0.012]) == Verdict.NOT_REPRODUCED
    assert verdict([0.010, -0.011, 0.002]) == Verdict.NOT_DECIDABLE
    assert verdict([0.1, 0.11, 0.12], method="another") == Verdict.NOT_RUN


def test_a_limit_is_a_multiple_of_what_the_same_run_is_compared_with():
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


def test_misalignments_are_derived():
    def verdict(score):
        rows = set_values(
            {
                ("x_paths", "metric_nlot", "alignment"): [score] * 3,
                ("x_paths", "euclidean_metric", "alignment"): [0.6] * 3,
            }
        )
        lines = make(rows)
        return next(
            line.verdict
            for (title, name), line in lines.items()
            if title.startswith("Figure 3") and name == "Metric NLOT, x_paths"
        )

    assert verdict(0.91) == Verdict.REPRODUCED
    assert verdict(0.89) == Verdict.NOT_REPRODUCED


def test_released_samples_are_the_task_of_their_name():
    names = [name for title, name in make(rows()) if title == "Table 2"]
    assert "Metric NLOT, circle_released" in names
    assert "Metric NLOT, circle" not in names


def test_other_seeds_make_no_number():
    ours = rows()
    other = ours.assign(seed=ours["seed"] + 10, value=1e6)
    both = pd.concat([ours, other], ignore_index=True)
    numbers = [
        {k: v for k, v in make(found).items() if k[0].startswith("Table")}
        for found in (ours, both)
    ]
    assert numbers[0] == numbers[1]


def test_commands_name_the_preset_and_what_it_makes():
    found = groups(NONE)
    assert all("results/tiny/" in group.command for group in found)
    assert all("--configfile config/tiny.yaml" in group.command for group in found)
    made = {g.title: g.command.split("results/tiny/")[1].split()[0] for g in found}
    assert made["Table 1"] == "tables/first.md"
    assert made["Figure 3: “We successfully recover the metrics”"] == (
        "figures/figure3.png"
    )
    assert not any("--configfile" in g.command for g in groups(NONE, preset="default"))


def test_what_a_preset_does_not_make_is_not_named():
    changes = {"figures": {"figure3": None}, "tables": {"second": None}}
    found = groups(NONE, **changes)
    assert {g.figure for g in found} == {None, "figure1", "figure2", "figure4"}
    made = [g.command for g in found if g.title.startswith(("Table 2", "Figure 3"))]
    assert made
    assert all("/rows.csv" in command for command in made)


def test_an_unknown_paper_is_named():
    with pytest.raises(ValueError, match="'nlot2023'"):
        claims(NONE, "nlot2023", experiment())


def test_small_numbers_keep_digits_that_count():
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


def test_nothing_is_compared_with_what_was_printed_of_another_problem():
    """Only of the problem that differs, and the numbers themselves stay."""
    own = (
        ("box", "nlot", "action_own_paths"),
        ("box", "euclidean_ot", "action_own_paths"),
    )
    found = set_values({key: [1.0, 2.0, 3.0] for key in own})
    same = make(found)
    other = make(found, problems={"box": {"horizon": 2.5}})
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
        assert line.why.endswith(": horizon is 2.5, not 1")
        assert (line.reference, line.ours) == (same[key].reference, same[key].ours)
        assert line.tolerance == ABSENT


def test_averages_over_problems_are_judged_by_the_seeds_of_all():
    """Of two held-out times: what one of them lacks does not count."""
    values = {"emt_1": [0.2, 0.3, 0.4, 0.1], "emt_2": [0.39, 0.3, 0.19]}
    known = [
        (problem, "sinkhorn_bridges", seed, "held_out_w1", value, 1, 0.5, "cpu")
        for problem, found in values.items()
        for seed, value in enumerate(found)
    ]
    preset = load_config(PRESETS / "populations.yaml")
    measured = pd.DataFrame(known, columns=list(COLUMNS))
    lines = [
        line
        for group in claims(measured, "wfrfm2026", preset).groups
        for line in group.lines
    ]
    assert {line.name for line in lines} == {"Sinkhorn bridges, emt_1, emt_2"}
    assert {line.ours for line in lines} == {"0.297 ± 0.003 (3)"}
    below, above, *_ = lines
    assert (below.reference, above.reference) == ("0.298", "0.301")
    assert (below.why, above.why) == ("kept by 2 of 3", "kept by 3 of 3")
    verdicts = Verdict.NOT_REPRODUCED, Verdict.REPRODUCED
    assert (below.verdict, above.verdict) == verdicts
