"""Trains methods on problems, stores the runs, and opens them."""

from nlot.methods.lazy import lazily

__all__ = ["RunError", "diagnose", "load", "make_data", "train"]

__getattr__ = lazily(
    __name__,
    train="job",
    load="store",
    RunError="store",
    make_data="data",
    diagnose="diagnosis",
)
