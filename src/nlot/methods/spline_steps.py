"""The step of the spline network that Algorithms 1 and 2 have in common."""

from jaxtyping import Array, Float, PyTree

from nlot.costs.lagrangians import AbstractLagrangian
from nlot.methods.losses import spline_loss
from nlot.paths.quadrature import Quadrature
from nlot.training.loop import Trainee
from nlot.training.microbatch import mean_and_grad


def fit_spline(
    spline: Trainee,
    quadrature: Quadrature,
    lagrangian: AbstractLagrangian,
    x: Float[Array, "n d"],
    y: Float[Array, "n d"],
) -> tuple[Trainee, Float[Array, ""], PyTree]:
    """One step of eq. 19.

    **Arguments:** the network in training, and `n` pairs of ends of its paths.

    **Returns:** the network after the step, the loss and its gradient before.
    """
    loss, gradient = mean_and_grad(
        lambda n, a, b: spline_loss(n, quadrature, lagrangian, a, b),
        spline.model,
        x,
        y,
    )
    return spline.descend(gradient), loss, gradient
