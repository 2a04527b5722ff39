"""Metric learning by Scarvelis and Solomon (2023): `scarvelis_solomon`."""

from nlot.methods.lazy import lazily
from nlot.methods.scarvelis_solomon.config import Config

__all__ = ["LABEL", "Config", "build", "open", "train"]

LABEL = "Scarvelis and Solomon"
__getattr__ = lazily(__name__, train="training", build="training", open="run")
