"""Fingerprints of the code that runs, and numbers measured on them, depend on."""

from nlot.config import Experiment
from nlot.config.kinds import target
from nlot.methods.lazy import home
from nlot.provenance.fingerprints import fingerprint, modules_of

# The package itself imports all measures.
_MEASURING = ("nlot.evaluation", "nlot.evaluation.jobs")


def training_code(experiment: Experiment, problem: str, method: str) -> str:
    """Hash of the code that trains a method on a problem, without other methods."""
    kind = experiment.methods[method].kind
    given = modules_of(experiment.problems[problem])
    return fingerprint("nlot.runs.job", home(target("method", kind), "train"), *given)


def evaluation_code(experiment: Experiment, problem: str, method: str) -> str:
    """Hash of the code that measures runs of a method on a problem."""
    kind = experiment.methods[method].kind
    given = modules_of(experiment.problems[problem])
    measuring = (*_MEASURING, home(target("method", kind), "open"))
    return fingerprint(*measuring, *given, words=False)


def controls_code(experiment: Experiment, problem: str) -> str:
    """Hash of the code that measures controls on a problem."""
    given = modules_of(experiment.problems[problem])
    return fingerprint(*_MEASURING, *given, words=False)
