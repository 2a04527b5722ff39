"""Costs under a density that is known by samples alone: `estimated_density`."""

from nlot.methods.lazy import lazily

LABEL = "Estimated density"
__getattr__ = lazily(__name__)
