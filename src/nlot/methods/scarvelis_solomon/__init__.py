"""Metric learning by Scarvelis and Solomon (2023): `scarvelis_solomon`."""

from nlot.methods.lazy import lazily

LABEL = "Scarvelis and Solomon"
__getattr__ = lazily(__name__)
