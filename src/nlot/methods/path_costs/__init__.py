"""Exact couplings of least path actions, for collections of clouds: `path_costs`."""

from nlot.methods.lazy import lazily

LABEL = "Exact path costs"
__getattr__ = lazily(__name__)
