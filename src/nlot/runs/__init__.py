"""Methods trained on problems: the job, the folder, and what opens it."""

from nlot.methods.lazy import lazily

__all__ = ["RunError", "load", "make_data", "train"]

__getattr__ = lazily(
    __name__, train="job", load="store", RunError="store", make_data="data"
)
