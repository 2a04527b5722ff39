"""A network that is fitted to the known pairs alone: `pair_regression`."""

from nlot.methods.lazy import lazily

LABEL = "Network on the pairs"
__getattr__ = lazily(__name__)
