"""Learned costs, and maps that are not entropic: `monge_cost_plus`."""

from nlot.methods.lazy import lazily

LABEL = "Learned cost+"
VARIANTS = {"entropic": "Learned cost+, entropic map"}
__getattr__ = lazily(__name__)
