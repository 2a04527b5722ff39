"""Chebyshev paths of least action by Gauss-Legendre quadrature: `chebyshev`."""

from nlot.methods.lazy import lazily

LABEL = "Chebyshev"
__getattr__ = lazily(__name__)
