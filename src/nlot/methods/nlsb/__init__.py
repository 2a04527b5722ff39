"""Neural Lagrangian Schrödinger bridges: `nlsb`."""

from nlot.methods.lazy import lazily
from nlot.methods.nlsb.config import Config

__all__ = ["LABEL", "Config", "build", "open", "train"]

LABEL = "NLSB"
__getattr__ = lazily(__name__, train="training", build="training", open="run")
