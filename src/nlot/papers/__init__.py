"""What papers print: numbers and statements, and the problems behind them.

A paper is a folder of data here, named like the folder.
"""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

import pandas as pd
import yaml
from pydantic import TypeAdapter

from nlot.config import ProblemConfig
from nlot.config.kinds import Kind
from nlot.config.names import check_known

_FOLDER = files(__name__)
_ABOUT = "paper.yaml"
# Suffix of problems with the samples that the authors released.
_RELEASED = "_released"
_PROBLEMS = TypeAdapter(dict[str, Annotated[ProblemConfig, Kind("problem")]])


@dataclass(frozen=True)
class About:
    """Title, authors as "family name, given names", venue and year."""

    title: str
    authors: tuple[str, ...]
    venue: str
    year: int

    @property
    def citation(self) -> str:
        """As in "Pooladian et al. (UAI 2024)"."""
        families = self._families()
        more = " et al." if len(families) > 1 else ""
        return f"{families[0]}{more} ({self.venue} {self.year})"

    @property
    def reference(self) -> str:
        """All authors by their family names, with title, venue and year."""
        *others, last = self._families()
        names = f"{', '.join(others)} and {last}" if others else last
        return f"{names} ({self.title}, {self.venue} {self.year})"

    def _families(self) -> list[str]:
        return [name.split(",")[0] for name in self.authors]


def available() -> tuple[str, ...]:
    """The names of all papers, in alphabetical order."""
    return tuple(
        sorted(part.name for part in _FOLDER.iterdir() if (part / _ABOUT).is_file())
    )


def about(paper: str) -> About:
    """Title, authors, venue and year of a paper.

    Like all functions here, raises `ValueError` for a name that is not `available`.
    """
    given = yaml.safe_load(_file(paper, _ABOUT).read_text("utf-8"))
    return About(**{**given, "authors": tuple(given["authors"])})


def numbers(paper: str) -> pd.DataFrame:
    """The numbers of a paper's tables, one row per (table, problem, method, measure).

    **Returns:** a frame with the columns `table` (its number, as text), `problem`,
    `method` and `measure` by our names, `value` and `sd` in the unit of the measure
    (`sd` is NaN if a single value is printed), `trials`, and `decimals`, the digits
    printed after the point. A method that cannot be run here keeps the paper's name,
    in capitals, and is only shown.
    """
    with _file(paper, "numbers.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"table": str})


def statements(paper: str) -> pd.DataFrame:
    """What a paper says about its tables and figures, and criteria to test it.

    **Returns:** a frame with the columns `label` of the table or figure that the
    statement is about, as in "Figure 2", `where` in the paper, `says` (its words),
    `holds` (the criterion in words, with `{factor}`), `problems` (names separated by
    spaces), `measure` of `method`, `rule` ("mean" or "every", see
    `nlot.reporting.verdicts`, or "average", which is "every" of the average over the
    problems), and what it must be better than: `factor` times
    `against_measure` of `against_method` for the same problem and seed, or `factor`
    itself if these are empty.
    """
    with _file(paper, "statements.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def problems(paper: str) -> dict[str, ProblemConfig]:
    """The settings of the problems behind a paper's results, by name."""
    given = yaml.safe_load(_file(paper, "problems.yaml").read_text("utf-8"))
    return _PROBLEMS.validate_python(given)


def is_printed(problem: str, printed: str) -> bool:
    """Whether our `problem` is the paper's problem `printed`.

    It has the same name, possibly followed by "_released".
    """
    return problem == printed or problem.startswith(printed + _RELEASED)


def _file(paper: str, name: str) -> Traversable:
    check_known("paper", [paper], available())
    return _FOLDER / paper / name
