from itertools import combinations

import jax
import pytest

from nlot.training.streams import stream

NAMES = [
    "training",
    "evaluation/paper",
    "evaluation/exact",
    "evaluation/divergence",
    "evaluation/action",
]


def numbers(seed, name):
    return jax.random.uniform(stream(seed, name), (4,)).tolist()


@pytest.mark.parametrize("pair", list(combinations(NAMES, 2)))
def test_streams_of_one_seed_are_different(pair):
    """Above all: nothing is evaluated on what it was trained with."""
    assert numbers(0, pair[0]) != numbers(0, pair[1])


def test_a_stream_is_fixed_by_seed_and_name():
    assert numbers(3, "training") == numbers(3, "training")
    assert numbers(3, "training") != numbers(4, "training")
