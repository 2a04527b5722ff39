"""Measures in time, each pair of neighbours by a method of two measures: `legs`."""

from nlot.methods.lazy import lazily

LABEL = "Legs"
__getattr__ = lazily(__name__)
