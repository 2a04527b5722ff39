"""Algorithm 1 through exact discrete couplings: `nlot_plus`."""

from nlot.methods.lazy import lazily
from nlot.methods.nlot_plus.config import Config

__all__ = ["LABEL", "Config", "build", "open", "train"]

LABEL = "NLOT+"
__getattr__ = lazily(__name__, train="training", build="training", open="run")
