"""Algorithm 1 of the paper: `nlot`."""

from nlot.methods.lazy import lazily
from nlot.methods.nlot.config import Config

__all__ = ["LABEL", "VARIANTS", "Config", "build", "open", "train"]

LABEL = "NLOT"
VARIANTS = {"network_map": "NLOT, network map"}
__getattr__ = lazily(__name__, train="training", build="training", open="run")
