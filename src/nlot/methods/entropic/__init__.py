"""Entropic transport between samples: `entropic`."""

from nlot.methods.lazy import lazily

LABEL = "Entropic OT"
__getattr__ = lazily(__name__)
