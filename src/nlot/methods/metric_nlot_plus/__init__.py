"""Algorithm 2 through exact discrete couplings: `metric_nlot_plus`."""

from nlot.methods.lazy import lazily
from nlot.methods.metric_nlot_plus.config import Config

__all__ = ["LABEL", "Config", "build", "open", "train"]

LABEL = "Metric NLOT+"
__getattr__ = lazily(__name__, train="training", build="training", open="run")
