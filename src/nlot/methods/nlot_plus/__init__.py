"""Algorithm 1 through exact discrete couplings: `nlot_plus`."""

from nlot.methods.lazy import lazily

LABEL = "NLOT+"
__getattr__ = lazily(__name__)
