r"""Cells counted before and after, of which a few are known to be the same.

Counts of a cell are divided by their sum and multiplied by 10,000; of $\log(1 + ·)$,
the genes of the largest variance over all cells are kept, centred, and projected to
their first principal components. That is the usual preprocessing, and Howard et al.
(2024), who used 10 components of Live-seq data, state no other.
"""

from typing import Literal

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float, PRNGKeyArray
from pydantic import Field, PositiveInt

from nlot.config.base import NonNegative, Part
from nlot.measures.files import SampleError, check_number
from nlot.measures.pairs import Paired

# Sum of a cell's counts before the logarithm.
_SUM = 1.0e4
_SIDES = ("source", "target")


class CellCounts:
    """Cells counted before and after, of which a few are known to be the same."""

    class Config(Part):
        """Cells counted before and after, of which a few are known to be the same.

        Counts are normalised to 10,000 a cell; of log(1 + counts) the most variable
        genes are projected to principal components. Each seed holds other pairs out.
        """

        kind: Literal["cell_counts"]
        counts: str = Field(
            min_length=1,
            description="a `.csv` file: a row for each gene, its name first, and a "
            "column for each cell; perhaps compressed, as `.csv.gz`",
        )
        cells: str = Field(
            min_length=1,
            description="a `.csv` file with the columns `cell`; `side`, `source` or "
            "`target`; and `pair`, a name that two cells share which are the same, or "
            "nothing",
        )
        genes: PositiveInt = Field(500, description="genes that are kept")
        components: int = Field(10, ge=2, description="principal components")
        known: NonNegative | None = Field(
            None, description="pairs that are given to methods; none: all of them"
        )

        @property
        def dimension(self) -> int:
            return self.components

        @property
        def files(self) -> tuple[str, ...]:
            """Both files."""
            return self.counts, self.cells

        @property
        def pairs(self) -> int:
            """Whether there are pairs; how many, the files tell."""
            return 1

        @property
        def held_out(self) -> int:
            """Whether pairs are held out."""
            return 0 if self.known is None else 1

        def draw(self, key: PRNGKeyArray) -> Paired:
            """All cells, and a random choice of the known pairs."""
            cells = self._cells()
            points = self._points(cells["cell"])
            sides = [cells["side"] == side for side in _SIDES]
            samples = [points[side.to_numpy()] for side in sides]
            for side, found in zip(_SIDES, samples, strict=True):
                try:
                    check_number(found, f"cells of the {side}")
                except ValueError as error:
                    raise SampleError(f"{self.cells}: {error}") from None
            names = [list(cells.loc[side, "pair"]) for side in sides]
            both = sorted({*names[0], *names[1]} - {""})
            pairs = np.array(
                [[_index(self.cells, n, of) for of in names] for n in both]
            )
            known = len(pairs) if self.known is None else self.known
            if not 0 < known <= len(pairs):
                raise SampleError(
                    f"{self.cells}: has {len(pairs)} pairs; known is {known}"
                )
            pairs = pairs[np.asarray(jax.random.permutation(key, len(pairs)))]
            unseen = pairs[known:]
            source, target = samples
            new = source[unseen[:, 0]], target[unseen[:, 1]]
            return Paired(source, target, pairs, known, *new)

        def _cells(self) -> pd.DataFrame:
            table = _table(self.cells)
            missing = {"cell", "side", "pair"} - set(table.columns)
            if missing:
                raise SampleError(
                    f"{self.cells}: no column {sorted(missing)[0]!r}; found "
                    f"{', '.join(table.columns)}"
                )
            strange = ~table["side"].isin(_SIDES)
            if strange.any():
                found = table.loc[strange, "side"].iloc[0]
                raise SampleError(
                    f"{self.cells}: side {found!r}; valid: source, target"
                )
            twice = table["cell"].duplicated()
            if twice.any():
                raise SampleError(
                    f"{self.cells}: cell {table.loc[twice, 'cell'].iloc[0]!r} is there "
                    "twice"
                )
            return table

        def _points(self, cells: pd.Series) -> Float[np.ndarray, "n d"]:
            """Principal components of cells, in their order."""
            table = _table(self.counts)
            missing = set(cells) - set(table.columns)
            if missing:
                raise SampleError(f"{self.counts}: no cell {sorted(missing)[0]!r}")
            try:
                counts = table[list(cells)].to_numpy(np.float64).T
            except ValueError as error:
                raise SampleError(f"{self.counts}: {error}") from None
            if not (np.isfinite(counts) & (counts >= 0)).all():
                raise SampleError(f"{self.counts}: counts must be finite, 0 or more")
            sums = counts.sum(axis=1)
            if not sums.all():
                raise SampleError(
                    f"{self.counts}: cell {cells.iloc[int(sums.argmin())]!r} has no "
                    "counts"
                )
            logs = np.log1p(_SUM * counts / sums[:, None])
            kept = np.argsort(-logs.var(axis=0), kind="stable")[: self.genes]
            centred = logs[:, kept] - logs[:, kept].mean(axis=0)
            if min(centred.shape) < self.components:
                raise SampleError(
                    f"{self.counts}: {centred.shape[0]} cells of {centred.shape[1]} "
                    f"genes have no {self.components} components"
                )
            left, sizes, right = np.linalg.svd(centred, full_matrices=False)
            # Their signs are arbitrary: the largest loading is positive.
            largest = np.abs(right).argmax(axis=1)
            signs = np.sign(right[np.arange(len(right)), largest])
            return (left * sizes * signs)[:, : self.components]


def _table(path: str) -> pd.DataFrame:
    """A table of text; numbers are read where they are needed."""
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise SampleError(f"{path}: no readable table: {error}") from error


def _index(path: str, name: str, names: list[str]) -> int:
    if names.count(name) != 1:
        raise SampleError(
            f"{path}: pair {name!r} needs one cell of the source and one of the target"
        )
    return names.index(name)
