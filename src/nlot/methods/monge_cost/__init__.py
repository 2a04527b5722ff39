"""Costs learned through the Monge map (Howard et al., 2024): `monge_cost`."""

from nlot.methods.lazy import lazily

LABEL = "Learned cost, by the map"
__getattr__ = lazily(__name__)
