"""Algorithm 2 of the paper: `metric_nlot`."""

from nlot.methods.lazy import lazily
from nlot.methods.metric_nlot.config import Config

__all__ = ["LABEL", "Config", "build", "open", "train"]

LABEL = "Metric NLOT"
__getattr__ = lazily(__name__, train="training", build="training", open="run")
