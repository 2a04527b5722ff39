"""Unstructured costs, and maps by the Monge gap: `mlp_cost`."""

from nlot.methods.lazy import lazily

LABEL = "MLP cost, Monge gap"
__getattr__ = lazily(__name__)
