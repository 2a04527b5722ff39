"""Kernel paths with penalised ends (Wang and Tabak, 2025): `kernel_paths`."""

from nlot.methods.lazy import lazily

LABEL = "Kernel paths"
__getattr__ = lazily(__name__)
