"""Algorithm 2 of the paper: `metric_nlot`."""

from nlot.methods.lazy import lazily

LABEL = "Metric NLOT"
__getattr__ = lazily(__name__)
