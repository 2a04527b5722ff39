"""Fingerprints of the code that runs, and numbers measured on them, depend on."""

from collections.abc import Iterator

from nlot.config import Experiment
from nlot.config.kinds import target
from nlot.config.sections import MethodConfig
from nlot.methods.lazy import home
from nlot.provenance.fingerprints import fingerprint, modules_of

# The package itself imports all measures.
_MEASURING = ("nlot.evaluation", "nlot.evaluation.jobs")


def training_code(experiment: Experiment, problem: str, method: str) -> str:
    """Hash of the code that trains a method on a problem, without other methods."""
    given = modules_of(experiment.problems[problem])
    own = method_modules(experiment.method(method, problem), "train")
    return fingerprint("nlot.runs.job", *own, *given)


def evaluation_code(experiment: Experiment, problem: str, method: str) -> str:
    """Hash of the code that measures runs of a method on a problem."""
    given = modules_of(experiment.problems[problem])
    own = method_modules(experiment.method(method, problem), "open")
    return fingerprint(*_MEASURING, *own, *given, words=False)


def method_modules(config: MethodConfig, name: str) -> tuple[str, ...]:
    """The modules that a method's settings, and methods in them, stand for.

    **Arguments:** the settings, and "train" or "open".
    """
    homes = [home(target("method", part.kind), name) for part in _methods(config)]
    return (*homes, *modules_of(config))


def _methods(config: MethodConfig) -> Iterator[MethodConfig]:
    yield config
    for part in dict(config).values():
        if isinstance(part, MethodConfig):
            yield from _methods(part)


def controls_code(experiment: Experiment, problem: str) -> str:
    """Hash of the code that measures controls on a problem."""
    given = modules_of(experiment.problems[problem])
    return fingerprint(*_MEASURING, *given, words=False)
