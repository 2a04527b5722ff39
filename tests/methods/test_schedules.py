"""Learning rates fall over a whole run, pre-training included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlot.methods.metric_nlot import training as metric_nlot
from nlot.methods.nlot import training as nlot

CHANGES = {
    "pretraining": {"steps": 7},
    "steps": 11,
    "spline_optimiser": {"learning_rate": 0.1, "final_fraction": 0.0},
}
KEY = jax.random.key(0)


@pytest.fixture(params=["nlot", "metric_nlot"])
def update(request, make_method, well, translations):
    """The optimiser of the spline network, of either algorithm."""
    config = make_method(request.param, **CHANGES)
    if request.param == "nlot":
        return nlot.State.start(nlot.build(well, config, key=KEY), config).spline.update
    networks = metric_nlot.build(translations.sequence, config, key=KEY)
    return metric_nlot.State.start(networks, config).spline.update


def test_the_spline_learns_until_the_last_step(update):
    """Adam's steps are as long as its rate where the gradient stays the same."""
    model, gradient, lengths = jnp.zeros(1), jnp.ones(1), []
    state = update.init(model)
    for _ in range(7 + 11):
        change, state = update.update(gradient, state, model)
        lengths.append(float(jnp.abs(change[0])))
    assert lengths[0] == pytest.approx(0.1, rel=1e-5)
    assert np.all(np.diff(lengths) < 0)
    assert lengths[-1] > 0
