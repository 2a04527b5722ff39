"""Runs of `path_costs`: a dissimilarity matrix of a collection."""

from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from nlot.discrete.clustering import clusters, linked
from nlot.methods.run import AbstractRun
from nlot.problems.collection import Collection, Outline
from nlot.provenance.files import write_csv

MATRIX = "dissimilarities.csv"


class CollectionRun(AbstractRun):
    """Dissimilarities of the clouds of a collection."""

    problem: Collection | Outline

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the clouds, in the order of `matrix`."""
        return self.problem.names

    @property
    def matrix(self) -> Float[np.ndarray, "k k"]:
        """Dissimilarities, in units of the action: symmetric with a zero diagonal."""
        return self.networks.matrix

    def frame(self) -> pd.DataFrame:
        """The matrix with the names of the clouds as index and columns."""
        names = list(self.names)
        index = pd.Index(names, name="cloud")
        return pd.DataFrame(self.matrix, index=index, columns=names)

    def linked(self, linkage: str = "average") -> Float[np.ndarray, "merges 4"]:
        """The merges of hierarchical clustering (`nlot.discrete.clustering.linked`)."""
        return linked(self.matrix, linkage)

    def clusters(self, number: int, linkage: str = "average") -> Int[np.ndarray, " k"]:
        """The cluster of each cloud, from 1 on, when merging stops at `number`."""
        return clusters(self.matrix, number, linkage)

    def save(self, folder: str | Path) -> None:
        """As of any run; `dissimilarities.csv` has the matrix with names."""
        super().save(folder)
        write_csv(self.frame().reset_index(), Path(folder, MATRIX))


open = CollectionRun
