"""What a map loses against the optimal coupling of a ground truth's points."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlot.discrete.couplings import match
from nlot.ground_truth.truth import GroundTruth


class Losses(NamedTuple):
    """A map made a coupling of the truth's points: `x[i]` goes to `y[order[i]]`.

    `loss` is what that costs more than the optimal dual variables allow, none of it
    negative; its mean is the coupling's cost less the optimal one.
    """

    order: Int[np.ndarray, " n"]
    loss: Float[np.ndarray, " n"]


def losses(truth: GroundTruth, pushed: Float[np.ndarray, "n d"]) -> Losses:
    """The coupling nearest to a map that sends `truth.x[i]` to `pushed[i]`.

    Points are moved from where the map sends them onto the target by the least mean
    squared distance: costs of maps that miss the target otherwise compare nothing.
    """
    order = match(pushed, truth.y)
    rows = np.arange(len(order))
    loss = truth.cost[rows, order] - truth.f - truth.g[order]
    return Losses(order, loss)
