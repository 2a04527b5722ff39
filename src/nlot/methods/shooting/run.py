"""Paths that were found by shooting."""

import numpy as np
from jaxtyping import Float
from scipy.interpolate import CubicHermiteSpline

from nlot.methods.geodesics_run import AbstractGeodesicsRun, end_gradients
from nlot.methods.shooting.config import Config
from nlot.methods.shooting.training import Shots


class ShotRun(AbstractGeodesicsRun):
    """Paths from the starts of a problem, with the ends that they arrived at."""

    config: Config
    networks: Shots

    def positions(
        self, fractions: Float[np.ndarray, " times"]
    ) -> Float[np.ndarray, "n times d"]:
        position, velocity = (
            np.asarray(z, np.float64)
            for z in (self.networks.position, self.networks.velocity)
        )
        times = np.linspace(0, 1, position.shape[1])
        slopes = self.problem.horizon * velocity
        return CubicHermiteSpline(times, position, slopes, axis=1)(fractions)

    @property
    def actions(self) -> Float[np.ndarray, " n"]:
        return np.asarray(self.networks.action, np.float64)

    @property
    def end_gradients(self) -> Float[np.ndarray, "n 2 d"]:
        ends = (
            np.asarray(z)[:, [0, -1]]
            for z in (self.networks.position, self.networks.velocity)
        )
        return end_gradients(self.problem, *ends)


open = ShotRun
