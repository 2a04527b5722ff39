"""Maps that are fitted one after another, to what arrives."""

import equinox as eqx
import jax
import numpy as np
import pytest

from nlot.methods.metric_nlot_plus import chain, training
from nlot.networks.pairwise import Frame, carry
from nlot.problems.sequence import Sequence
from nlot.training.progress import Reporter

TIMES = 6


def streams(ways, seed, n=40):
    """Points that follow two ways, half of them each, in random order at each time.

    **Arguments:** `ways` are the heights of both at all times.
    """
    rng = np.random.default_rng(seed)
    side = np.repeat([0, 1], n // 2)
    means = [
        np.stack([np.full(n, 0.5 * k), np.array(heights)[side]], -1)
        for k, heights in enumerate(ways)
    ]
    return Sequence.of(
        [rng.permutation(mean + 0.1 * rng.normal(size=(n, 2))) for mean in means]
    )


FORK = [(0.0, 0.0), *[(-1.0, 1.0)] * (TIMES - 1)]
CROSSING = [(-h, h) for h in np.linspace(1, -1, TIMES)]


@pytest.fixture(scope="module")
def fit_to(make_method):
    """Carries points by maps fitted to streams, along a nearly Euclidean metric."""
    rate = {"learning_rate": 1e-2, "final_fraction": 0.01}

    def fitted(ways, momentum):
        config = make_method(
            "metric_nlot_plus",
            metric={"eigenvalues": [1.0, 0.99]},
            map={"hidden": [32, 32], "activation": "silu"},
            maps={
                "steps": 600,
                "batch": 32,
                "optimiser": rate,
                "copies": 4,
                "noise": 0.2,
                "momentum": momentum,
            },
        )
        sequence, report = streams(ways, 0), Reporter("test")
        networks = training.build(sequence, config, key=jax.random.key(0))
        frames = Frame.of(sequence, 0.99, momentum=momentum > 0)
        networks = eqx.tree_at(lambda n: n.frames, networks, frames)
        report.start(sequence.pairs * config.maps.steps, 200)
        maps = chain.fit_chain(sequence, networks, config, jax.random.key(1), report)
        return lambda x: np.asarray(carry(frames, maps, x))

    return fitted


def test_later_maps_bring_strays_back(fit_to):
    """The first map of a fork smears its jump: a third of fresh points end between.

    Maps that had seen the samples alone would move such points straight on. Strays are
    more than four standard deviations from both streams.
    """
    stops = fit_to(FORK, 0.0)(streams(FORK, 1, 400).points[0])
    strays = np.mean(np.abs(np.abs(stops[..., 1]) - 1) > 0.4, axis=1)
    assert strays[1] > 0.3
    assert strays[-1] < strays[1] / 3
    np.testing.assert_allclose(np.mean(stops[-1, :, 1] > 0), 0.5, atol=0.1)


@pytest.mark.parametrize("momentum", [0.0, 3.0])
def test_crossing_streams_cross_with_momentum_and_bounce_without(fit_to, momentum):
    """Their squared distances are least if they bounce, |v - v'|² if they cross."""
    start = streams(CROSSING, 1, 200).points[0]
    stops = fit_to(CROSSING, momentum)(start)
    crossed = np.mean(stops[0, :, 1] * stops[-1, :, 1] < 0)
    assert crossed > 0.9 if momentum else crossed < 0.1


@pytest.mark.parametrize("last, overtakes", [(2.0, False), (4.0, True)])
def test_momentum_keeps_velocities_between_unequal_intervals(
    make_method, last, overtakes
):
    """A stream at 0 with velocity 1, another that rests at 2.

    In as long again the first has come to 1, in three times as long to 3. Samples are
    at 2 and 3 either way, and coupled in the order of those places.
    """
    config = make_method("metric_nlot_plus", maps={"momentum": 1e4})
    across = np.linspace(0.0, 0.1, 8)

    def at(*places):
        return np.array([(x, y) for x in places for y in across], np.float32)

    measures = [at(-1.0, 2.0), at(0.0, 2.0), at(2.0, 3.0)]
    sequence = Sequence.of(measures, (0.0, 1.0, last))
    networks = training.build(sequence, config, key=jax.random.key(0))
    frames = Frame.of(sequence, 0.1, momentum=True)
    networks = eqx.tree_at(lambda n: n.frames, networks, frames)
    moved = chain.Travellers(measures[1], measures[1] - measures[0])
    report = Reporter("test")
    found = chain._coupling(sequence, 1, moved, networks, config, report)
    used = np.asarray(found.mass) > 0
    x, y = (np.asarray(part)[used, 0] for part in (found.x, found.y))
    np.testing.assert_array_equal(y[x == 0.0], 3.0 if overtakes else 2.0)
    np.testing.assert_array_equal(y[x == 2.0], 2.0 if overtakes else 3.0)
