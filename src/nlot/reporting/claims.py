"""Every printed number and statement beside what came out here, with a verdict."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from nlot import papers
from nlot.config import Experiment
from nlot.evaluation import DERIVED
from nlot.evaluation.distances import FLOOR
from nlot.reporting.departures import departures
from nlot.reporting.labels import decimals, lower_is_better, measure_title, row_label
from nlot.reporting.table import ABSENT, cell
from nlot.reporting.verdicts import (
    NOT_RUN,
    Estimate,
    Verdict,
    judge_every,
    judge_mean,
    judge_number,
)

# The control that has learned no metric.
_VOID = "euclidean_metric"
_KEY = ["problem", "method", "measure"]
# Of problems, here and in the paper.
Names = list[tuple[str, str]]


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

    `heading` is that of the lines' references. `figure` names the preset's entry, where
    it has one. `command` makes what the lines are from.
    """

    title: str
    text: str
    heading: str
    lines: tuple[Line, ...]
    command: str
    figure: str | None = None

    @property
    def floor(self) -> bool:
        """Whether a noise floor is known."""
        return any(line.floor != ABSENT for line in self.lines)

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


def claims(rows: pd.DataFrame, paper: str, experiment: Experiment) -> Claims:
    """All numbers and statements of a paper, with their verdicts.

    **Arguments:** the tidy rows of a preset, a paper of `nlot.papers`, and
    the preset.

    **Returns:** a group a table, then a group a statement. What `rows` lack has the
    verdict "not run", and what is of a problem that `experiment` defines otherwise than
    the paper "not comparable".

    Raises `ValueError` for an unknown paper.
    """
    chosen = rows[rows["seed"].isin(experiment.seeds)]
    groups = (
        *_Comparison(chosen, paper, experiment).numbers(),
        *_Comparison(rows, paper, experiment).statements(),
    )
    about = papers.about(paper)
    return Claims(about, experiment.preset, tuple(experiment.seeds), groups)


class _Comparison:
    """Measured rows, beside what a paper prints."""

    def __init__(self, rows: pd.DataFrame, paper: str, experiment: Experiment):
        self.rows, self.paper, self.experiment = rows, paper, experiment
        self.theirs = papers.problems(paper)
        every = pd.concat([rows, *(add(rows) for add in DERIVED)])
        self.found = {k: g.set_index("seed")["value"] for k, g in every.groupby(_KEY)}

    def values(self, problem: str, row: str, measure: str) -> pd.Series:
        """By seed; empty where there are none."""
        return self.found.get((problem, row, measure), pd.Series(dtype=float))

    def ours(self, printed: str) -> list[str]:
        """The problems that a printed name stands for; itself where none was run."""
        problems = self.rows["problem"].unique()
        return [p for p in problems if papers.is_printed(p, printed)] or [printed]

    def numbers(self) -> Iterator[Group]:
        """A group a table of the paper."""
        known = papers.numbers(self.paper)
        for number, printed in known[known["method"].str.islower()].groupby("table"):
            measure = printed["measure"].iloc[0]
            better = "lower" if lower_is_better(measure) else "higher"
            lines, problems = [], set()
            for row in printed.itertuples():
                for problem in self.ours(str(row.problem)):
                    lines.append(self._number(row, problem))
                    problems.add(problem)
            own = self.rows["problem"].isin(problems)
            sizes = self.rows.loc[own & (self.rows["measure"] == measure), "n"]
            title, label = measure_title(measure, sizes.astype(int)), f"Table {number}"
            text = f"{title}; {better} is better."
            yield Group(label, text, "printed", tuple(lines), self._command(label))

    def _number(self, printed: Any, problem: str) -> Line:
        measure, digits = printed.measure, int(printed.decimals)
        expected = Estimate(printed.value, printed.sd, int(printed.trials))
        rows = printed.method, FLOOR, _VOID
        found, floor, void = (self.values(problem, row, measure) for row in rows)
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
        cells = reference, _shown(found, measure), _shown(floor, measure)
        return self._line(printed, [(problem, str(printed.problem))], judgement, cells)

    def statements(self) -> Iterator[Group]:
        """A group a statement, with a line a problem, or one for their average."""
        for said in papers.statements(self.paper).itertuples():
            label = str(said.label)
            names = [
                (problem, printed)
                for printed in str(said.problems).split()
                for problem in self.ours(printed)
            ]
            together = [names] if said.rule == "average" else [[pair] for pair in names]
            lines = tuple(self._statement(said, pairs) for pairs in together)
            yield Group(
                f"{said.where}: “{said.says}”",
                f"Holds where {str(said.holds).format(factor=said.factor)}.",
                "to compare with",
                lines,
                self._command(label),
                self._figure(label),
            )

    def _average(self, names: Names, row: str, measure: str) -> pd.Series:
        """Over problems, by the seeds that all of them have."""
        values = [self.values(problem, row, measure) for problem, _ in names]
        return pd.concat(values, axis=1).dropna().mean(axis=1)

    def _statement(self, said: Any, names: Names) -> Line:
        found = self._average(names, said.method, said.measure)
        limit, reference = pd.Series(1.0, index=found.index), f"{said.factor:g}"
        if said.against_measure:
            limit = self._average(names, said.against_method, said.against_measure)
            times = f"{reference} × " if said.factor != 1 and len(limit) else ""
            reference = times + _shown(limit, said.measure)
        sign = -1.0 if lower_is_better(said.measure) else 1.0
        # Paired: only the seeds that both have.
        advantages = (sign * (found - said.factor * limit)).dropna().tolist()
        judge = judge_mean if said.rule == "mean" else judge_every
        cells = reference, _shown(found, said.measure), ABSENT
        return self._line(said, names, judge(advantages), cells)

    def _line(
        self,
        claim: Any,
        names: Names,
        judgement: Any,
        cells: tuple[str, str, str],
    ) -> Line:
        """There is no verdict where ours and the paper's are different problems."""
        row, ours = claim.method, [problem for problem, _ in names]
        found = (departures(self.experiment, *pair, self.theirs) for pair in names)
        other = next(filter(None, found), "")
        if other and judgement is not NOT_RUN:
            why = f"another problem than the paper's: {other}"
            judgement = replace(judgement, verdict=Verdict.NOT_COMPARABLE, why=why)
            judgement = replace(judgement, tolerance=math.nan)
        minutes = float(self._average(names, row, "minutes").mean())
        own = self.rows["problem"].isin(ours) & (self.rows["method"] == row)
        devices = sorted(self.rows.loc[own, "device"].dropna().astype(str).unique())
        return Line(
            f"{row_label(self.experiment, row)}, {', '.join(ours)}",
            *cells,
            cell(judgement.tolerance, math.nan, decimals(claim.measure)),
            judgement.verdict,
            judgement.why,
            cell(minutes, math.nan, decimals("minutes")),
            ", ".join(devices) or ABSENT,
        )

    def _figure(self, label: str) -> str | None:
        """The preset's figure that has the name of the paper's, as "figure2" has."""
        name = label.lower().replace(" ", "")
        return name if name in self.experiment.figures else None

    def _command(self, label: str) -> str:
        """What makes the preset's figure or table of a label, or else its rows."""
        number, preset = label.split()[-1], self.experiment.preset
        tables = [
            f"tables/{name}.md"
            for name, table in self.experiment.tables.items()
            if label.startswith("Table") and table.published == f"{self.paper}/{number}"
        ]
        figures = [f"figures/{name}.png"] if (name := self._figure(label)) else []
        made = [*figures, *tables, "rows.csv"][0]
        # The default preset is the Snakefile's own.
        file = "" if preset == "default" else f" --configfile config/{preset}.yaml"
        return f"snakemake --cores all results/{preset}/{made}{file}"


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
