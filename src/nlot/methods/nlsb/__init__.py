"""Neural Lagrangian Schrödinger bridges: `nlsb`."""

from nlot.methods.lazy import lazily

LABEL = "NLSB"
__getattr__ = lazily(__name__)
