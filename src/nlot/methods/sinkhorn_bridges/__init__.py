"""Schroedinger bridges between samples in time, with growth: `sinkhorn_bridges`."""

from nlot.methods.lazy import lazily

LABEL = "Sinkhorn bridges"
__getattr__ = lazily(__name__)
