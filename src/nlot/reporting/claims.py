"""Every printed number and statement beside what came out here, with a verdict."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from nlot.config import Config
from nlot.reporting.departures import Published, departures
from nlot.reporting.labels import decimals, lower_is_better, measure_title, method_label
from nlot.reporting.layout import ABSENT, cell
from nlot.reporting.measured import Measured
from nlot.reporting.published import PUBLISHED
from nlot.reporting.summary import FLOOR
from nlot.reporting.verdicts import (
    NOT_RUN,
    Estimate,
    Judgement,
    Verdict,
    judge_every,
    judge_mean,
    judge_number,
)

_RUN = ["task", "method", "seed"]
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
    known. `figure` names ours, where there is one. `command` makes what the lines are
    from.
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


def joined(rows: pd.DataFrame, metric_rows: pd.DataFrame | None) -> pd.DataFrame:
    """The rows of tasks and those of sequences, of which both files may have some."""
    parts = [rows] if metric_rows is None else [rows, metric_rows]
    return pd.concat(parts, ignore_index=True).drop_duplicates(
        [*_RUN, "measure"], keep="last", ignore_index=True
    )


def claims(
    rows: pd.DataFrame,
    published: pd.DataFrame,
    statements: pd.DataFrame,
    tasks: Published,
    config: Config,
) -> list[Group]:
    """All numbers of `published` and all `statements`, with their verdicts.

    `rows` are the tidy rows of a preset (`joined`), `published`, `statements` and
    `tasks`, what they are of, those of `nlot.reporting.published`. What `rows` lack has
    the verdict "not run", and what is of a task that `config` defines otherwise than
    `tasks` "not comparable".
    """
    chosen = rows[rows["seed"].isin(config.seeds)]
    return [
        *_numbers(Measured(chosen), published, tasks, config),
        *_statements(Measured(rows), statements, tasks, config),
    ]


def _numbers(
    measured: Measured, published: pd.DataFrame, tasks: Published, config: Config
) -> Iterator[Group]:
    """A group a table of the paper."""
    for number, printed in published.groupby("table"):
        lines = tuple(
            _compared(_number(measured, row, task), config, task, str(row.task), tasks)
            for row in printed.itertuples()
            for task in measured.tasks(str(row.task))
        )
        yield Group(
            f"Table {number}",
            _direction(printed["measure"].iloc[0], config),
            "printed",
            lines,
            _command(config, f"tables/table{number}.md"),
            floor=any(line.floor != ABSENT for line in lines),
        )


def _number(measured: Measured, printed: Any, task: str) -> Line:
    method, measure = printed.method.removeprefix(PUBLISHED), printed.measure
    digits = int(printed.decimals)
    expected = Estimate(printed.value, printed.sd, int(printed.trials))
    found = measured.values(task, method, measure)
    floor = measured.values(task, FLOOR, measure)
    void = measured.values(task, _VOID, measure)
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
        measured,
        (task, method, measure),
        judgement,
        (reference, _shown(found, measure), _shown(floor, measure)),
    )


def _statements(
    measured: Measured, statements: pd.DataFrame, tasks: Published, config: Config
) -> Iterator[Group]:
    """A group a statement, with a line a task."""
    for said in statements.itertuples():
        section = str(said.section)
        figure = section if section.startswith("figure") else None
        name = f"figures/{section}.png" if figure else f"tables/{section}.md"
        yield Group(
            f"{said.where}: “{said.says}”",
            f"Holds where {str(said.holds).format(factor=said.factor)}.",
            "to compare with",
            tuple(
                _compared(
                    _statement(measured, said, task), config, task, printed, tasks
                )
                for printed in str(said.tasks).split()
                for task in measured.tasks(printed)
            ),
            _command(config, name),
            figure if figure and getattr(config, section) else None,
        )


def _statement(measured: Measured, said: Any, task: str) -> Line:
    found = measured.values(task, said.method, said.measure)
    limit = pd.Series(1.0, index=found.index)
    if said.against_measure:
        limit = measured.values(task, said.against_method, said.against_measure)
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
        measured,
        (task, said.method, said.measure),
        judge(advantages),
        (reference, _shown(found, said.measure), ABSENT),
    )


def _compared(
    line: Line, config: Config, task: str, printed: str, tasks: Published
) -> Line:
    """The line, without a judgement where its task is not the printed one."""
    other = departures(config, task, printed, tasks)
    if not other or line.verdict == Verdict.NOT_RUN:
        return line
    return replace(
        line,
        tolerance=ABSENT,
        verdict=Verdict.NOT_COMPARABLE,
        why=f"another task than the paper's: {other}",
    )


def _line(
    measured: Measured,
    key: tuple[str, str, str],
    judgement: Judgement,
    cells: tuple[str, str, str],
) -> Line:
    task, method, measure = key
    reference, ours, floor = cells
    minutes = float(measured.values(task, method, "minutes").mean())
    return Line(
        f"{method_label(method)}, {task}",
        reference,
        ours,
        floor,
        cell(judgement.tolerance, math.nan, decimals(measure)),
        judgement.verdict,
        judgement.why,
        cell(minutes, math.nan, decimals("minutes")),
        measured.device(task, method),
    )


def _estimate(values: pd.Series) -> Estimate:
    return Estimate(float(values.mean()), float(values.std()), len(values))


def _shown(values: pd.Series, measure: str) -> str:
    if not len(values):
        return ABSENT
    estimate = _estimate(values)
    digits = decimals(measure)
    if estimate.mean:
        # At least two that count: on some tasks an action is thousandths.
        digits = max(digits, 1 - math.floor(math.log10(abs(estimate.mean))))
    return f"{cell(estimate.mean, estimate.sd, digits)} ({estimate.n})"


def _direction(measure: str, config: Config) -> str:
    better = "lower" if lower_is_better(measure) else "higher"
    return f"{measure_title(measure, config)}; {better} is better."


def _command(config: Config, name: str) -> str:
    command = f"snakemake --cores all results/{config.preset}/{name}"
    # The default preset is the Snakefile's own.
    if config.preset == "default":
        return command
    return f"{command} --configfile config/{config.preset}.yaml"
