"""Every printed number and statement beside what came out here, with a verdict."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pandas as pd

from nlot.config import Experiment, ProblemConfig
from nlot.evaluation.distances import FLOOR
from nlot.reporting import papers
from nlot.reporting.departures import departures
from nlot.reporting.labels import decimals, lower_is_better, measure_title, row_label
from nlot.reporting.measured import Measured
from nlot.reporting.table import ABSENT, cell
from nlot.reporting.verdicts import (
    NOT_RUN,
    Estimate,
    Judgement,
    Verdict,
    judge_every,
    judge_mean,
    judge_number,
)

# The control that has learned no metric.
_VOID = "euclidean_metric"


@dataclass(frozen=True)
class Line:
    """One verdict, with the cells of its row in words.

    `reference` is what the verdict is about: the printed number, or what a statement
    compares with.
    """

    name: str
    reference: str
    ours: str
    floor: str
    tolerance: str
    verdict: Verdict
    why: str
    minutes: str
    device: str


@dataclass(frozen=True)
class Group:
    """The lines of a table of the paper, or of one of its statements.

    `heading` is that of the lines' references; `floor` says whether a noise floor is
    known. `figure` names the preset's entry, where it has one. `command` makes what the
    lines are from.
    """

    title: str
    text: str
    heading: str
    lines: tuple[Line, ...]
    command: str
    figure: str | None = None
    floor: bool = False

    def count(self, verdict: Verdict) -> int:
        """How many lines have a verdict."""
        return sum(line.verdict == verdict for line in self.lines)


@dataclass(frozen=True)
class Claims:
    """All that a paper claims, beside what a preset's runs with its seeds came to."""

    about: papers.About
    preset: str
    seeds: tuple[int, ...]
    groups: tuple[Group, ...]


class _Both(NamedTuple):
    """What was measured for a preset, and the paper that it is compared with."""

    measured: Measured
    experiment: Experiment
    paper: str
    problems: Mapping[str, ProblemConfig]


def claims(rows: pd.DataFrame, paper: str, experiment: Experiment) -> Claims:
    """All numbers and statements of a paper, with their verdicts.

    **Arguments:** the tidy rows of a preset, a paper of `nlot.reporting.papers`, and
    the preset.

    **Returns:** a group a table, then a group a statement. What `rows` lack has the
    verdict "not run", and what is of a problem that `experiment` defines otherwise than
    the paper "not comparable".

    Raises `ValueError` for an unknown paper.
    """
    printed = papers.problems(paper)
    chosen = rows[rows["seed"].isin(experiment.seeds)]
    groups = (
        *_numbers(_Both(Measured(chosen), experiment, paper, printed)),
        *_statements(_Both(Measured(rows), experiment, paper, printed)),
    )
    return Claims(
        papers.about(paper), experiment.preset, tuple(experiment.seeds), groups
    )


def _numbers(both: _Both) -> Iterator[Group]:
    """A group a table of the paper."""
    for number, printed in papers.numbers(both.paper).groupby("table"):
        pairs = [
            (row, problem)
            for row in printed.itertuples()
            for problem in both.measured.problems(str(row.problem))
        ]
        lines = tuple(
            _compared(both, _number(both, row, problem), problem, str(row.problem))
            for row, problem in pairs
        )
        label, measure = f"Table {number}", printed["measure"].iloc[0]
        sizes = {n for _, p in pairs for n in both.measured.sizes(p, measure)}
        better = "lower" if lower_is_better(measure) else "higher"
        yield Group(
            label,
            f"{measure_title(measure, sizes)}; {better} is better.",
            "printed",
            lines,
            _command(both, label),
            floor=any(line.floor != ABSENT for line in lines),
        )


def _number(both: _Both, printed: Any, problem: str) -> Line:
    measured, measure = both.measured, printed.measure
    digits = int(printed.decimals)
    expected = Estimate(printed.value, printed.sd, int(printed.trials))
    found = measured.values(problem, printed.method, measure)
    floor = measured.values(problem, FLOOR, measure)
    void = measured.values(problem, _VOID, measure)
    judgement = NOT_RUN
    if len(found):
        judgement = judge_number(
            expected,
            _estimate(found),
            unit=10.0**-digits,
            lower_is_better=lower_is_better(measure),
            floor=float(floor.mean()) if len(floor) else math.nan,
            void=float(void.mean()) if len(void) else 0.0,
        )
    reference = f"{cell(expected.mean, expected.sd, digits)} ({expected.n})"
    return _line(
        both,
        (problem, printed.method, measure),
        judgement,
        (reference, _shown(found, measure), _shown(floor, measure)),
    )


def _statements(both: _Both) -> Iterator[Group]:
    """A group a statement, with a line a problem."""
    for said in papers.statements(both.paper).itertuples():
        yield Group(
            f"{said.where}: “{said.says}”",
            f"Holds where {str(said.holds).format(factor=said.factor)}.",
            "to compare with",
            tuple(
                _compared(both, _statement(both, said, problem), problem, printed)
                for printed in str(said.problems).split()
                for problem in both.measured.problems(printed)
            ),
            _command(both, str(said.label)),
            _figure(both, str(said.label)),
        )


def _statement(both: _Both, said: Any, problem: str) -> Line:
    found = both.measured.values(problem, said.method, said.measure)
    limit = pd.Series(1.0, index=found.index)
    if said.against_measure:
        against = said.against_method, said.against_measure
        limit = both.measured.values(problem, *against)
    sign = -1.0 if lower_is_better(said.measure) else 1.0
    # Paired: only the seeds that both have.
    advantages = (sign * (found - said.factor * limit)).dropna().tolist()
    judge = {"mean": judge_mean, "every": judge_every}[said.rule]
    reference = f"{said.factor:g}"
    if said.against_measure:
        reference = _shown(limit, said.measure)
        if said.factor != 1 and len(limit):
            reference = f"{said.factor:g} × {reference}"
    return _line(
        both,
        (problem, said.method, said.measure),
        judge(advantages),
        (reference, _shown(found, said.measure), ABSENT),
    )


def _compared(both: _Both, line: Line, problem: str, printed: str) -> Line:
    """The line, without a judgement where its problem is not the printed one."""
    other = departures(both.experiment, problem, printed, both.problems)
    if not other or line.verdict == Verdict.NOT_RUN:
        return line
    return replace(
        line,
        tolerance=ABSENT,
        verdict=Verdict.NOT_COMPARABLE,
        why=f"another problem than the paper's: {other}",
    )


def _line(
    both: _Both,
    key: tuple[str, str, str],
    judgement: Judgement,
    cells: tuple[str, str, str],
) -> Line:
    problem, row, measure = key
    reference, ours, floor = cells
    minutes = float(both.measured.values(problem, row, "minutes").mean())
    return Line(
        f"{row_label(both.experiment, row)}, {problem}",
        reference,
        ours,
        floor,
        cell(judgement.tolerance, math.nan, decimals(measure)),
        judgement.verdict,
        judgement.why,
        cell(minutes, math.nan, decimals("minutes")),
        both.measured.device(problem, row),
    )


def _estimate(values: pd.Series) -> Estimate:
    return Estimate(float(values.mean()), float(values.std()), len(values))


def _shown(values: pd.Series, measure: str) -> str:
    if not len(values):
        return ABSENT
    estimate = _estimate(values)
    digits = decimals(measure)
    if estimate.mean:
        # At least two that count: on some problems an action is thousandths.
        digits = max(digits, 1 - math.floor(math.log10(abs(estimate.mean))))
    return f"{cell(estimate.mean, estimate.sd, digits)} ({estimate.n})"


def _figure(both: _Both, label: str) -> str | None:
    """The preset's figure that has the name of the paper's, as "figure2" has."""
    name = label.lower().replace(" ", "")
    return name if name in both.experiment.figures else None


def _command(both: _Both, label: str) -> str:
    """What makes the preset's figure or table of a label, or else its rows."""
    preset, printed = both.experiment.preset, f"{both.paper}/{label.split()[-1]}"
    tables = both.experiment.tables.items()
    found = [f"tables/{name}.md" for name, t in tables if t.published == printed]
    figure = _figure(both, label)
    if figure:
        found = [f"figures/{figure}.png"]
    elif not label.startswith("Table") or not found:
        found = ["rows.csv"]
    command = f"snakemake --cores all results/{preset}/{found[0]}"
    # The default preset is the Snakefile's own.
    return (
        command
        if preset == "default"
        else (f"{command} --configfile config/{preset}.yaml")
    )
