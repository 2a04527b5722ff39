"""Algorithm 1 of the paper: `nlot`."""

from nlot.methods.lazy import lazily

LABEL = "NLOT"
VARIANTS = {"network_map": "NLOT, network map"}
__getattr__ = lazily(__name__)
