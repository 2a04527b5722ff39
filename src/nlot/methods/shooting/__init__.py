"""Single shooting of the Euler-Lagrange equations: `shooting`."""

from nlot.methods.lazy import lazily

LABEL = "Shooting"
__getattr__ = lazily(__name__)
