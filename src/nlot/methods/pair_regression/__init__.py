"""Networks that are fitted to known pairs: `pair_regression`."""

from nlot.methods.lazy import lazily

LABEL = "Network on the pairs"
__getattr__ = lazily(__name__)
