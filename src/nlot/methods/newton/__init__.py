"""Polygons of least action by Newton's method from several starts: `newton`."""

from nlot.methods.lazy import lazily

LABEL = "Newton"
__getattr__ = lazily(__name__)
