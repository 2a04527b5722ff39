"""What papers print: numbers and statements, and the problems that they are of.

A paper is a folder of data in `nlot/papers/`, which is its name.
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

_FOLDER = files("nlot") / "papers"
_ABOUT = "paper.yaml"
# Follows the name of a problem whose samples are those that the authors released.
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
    """The names of all papers, in order of the alphabet."""
    return tuple(
        sorted(part.name for part in _FOLDER.iterdir() if (part / _ABOUT).is_file())
    )


def about(paper: str) -> About:
    """Who wrote a paper, and where it was printed.

    Raises `ValueError`, as all functions here, for a name that is not `available`.
    """
    given = yaml.safe_load(_file(paper, _ABOUT).read_text("utf-8"))
    return About(**{**given, "authors": tuple(given["authors"])})


def numbers(paper: str) -> pd.DataFrame:
    """The numbers of a paper's tables, a row a (table, problem, method, measure).

    **Returns:** a frame with the columns `table` (text, as it is numbered there),
    `problem`, `method` and `measure` by our names, `value` and `sd` in the unit of the
    measure (`sd` is NaN where one value is printed), `trials`, and `decimals`, the
    digits printed after the point.
    """
    with _file(paper, "numbers.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"table": str})


def statements(paper: str) -> pd.DataFrame:
    """What a paper says of its tables and figures, and what must hold if it is so.

    **Returns:** a frame with the columns `label` of the table or figure that the
    statement is about, as in "Figure 2", `where` in the paper, `says` (its words),
    `holds` (the criterion in words, with `{factor}`), `problems` (names apart by
    spaces), `measure` of `method`, `rule` ("mean" or "every", see
    `nlot.reporting.verdicts`), and what it is to be better than: `factor` times
    `against_measure` of `against_method` of the same problem and seed, or `factor`
    itself where these are empty.
    """
    with _file(paper, "statements.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, keep_default_na=False)


def problems(paper: str) -> dict[str, ProblemConfig]:
    """The settings of the problems that a paper's results are of, by name."""
    given = yaml.safe_load(_file(paper, "problems.yaml").read_text("utf-8"))
    return _PROBLEMS.validate_python(given)


def is_printed(problem: str, printed: str) -> bool:
    """Whether a problem of ours is the one that a paper has under a name.

    It has the same name, or the name followed by "_released".
    """
    return problem == printed or problem.startswith(printed + _RELEASED)


def _file(paper: str, name: str) -> Traversable:
    check_known("paper", [paper], available())
    return _FOLDER / paper / name
