"""Algorithm 2 through exact discrete couplings: `metric_nlot_plus`."""

from nlot.methods.lazy import lazily

LABEL = "Metric NLOT+"
__getattr__ = lazily(__name__)
