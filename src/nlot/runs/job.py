"""A training job: train with checkpoints, write the run, drop the checkpoint."""

from pathlib import Path
from typing import Any

from nlot import runs
from nlot.config import Experiment
from nlot.config.kinds import target
from nlot.config.names import check_known
from nlot.provenance.fingerprints import config_hash
from nlot.provenance.record import device_kind, provenance, versions
from nlot.runs.code import training_code
from nlot.runs.store import KIND, write_run
from nlot.training.checkpoints import CHECKPOINT, Checkpoints, digest
from nlot.training.progress import Reporter
from nlot.training.streams import stream


def train(
    experiment: Experiment,
    problem: str,
    method: str,
    seed: int = 0,
    folder: str | Path = "run",
    data: str | Path | None = None,
) -> Any:
    """Train a method on a problem, and write weights and history to a folder.

    A killed run resumes from its checkpoint in `folder`, and reaches the same weights.

    **Arguments:**

    - `experiment`: settings of problems and methods.
    - `problem`, `method`: their names there.
    - `seed`: of the networks' initial weights and all draws.
    - `folder`: where `model.eqx` and `history.csv` go; created if missing.
    - `data`: the file of a problem's generated samples; made in `folder` if not given.

    **Returns:** the trained run, with the capabilities of its method
    (`nlot.methods.capabilities`).

    Raises `ValueError` for an unknown name, and for a problem or samples that the
    method does not support; `nlot.training.loop.DivergenceError` if a loss stops being
    finite; and `nlot.measures.files.SampleError` for unusable samples. No run is then
    written.
    """
    check_known("problem", [problem], experiment.problems)
    check_known("method", [method], experiment.methods)
    reason = experiment.unable(method, problem)
    if reason:
        raise ValueError(reason)
    given, config = experiment.problems[problem], experiment.method(method, problem)
    if given.generated and data is None:
        data = Path(folder, "data.npz")
        runs.make_data(experiment, problem, seed, data)
    loaded, module = given.load(data), target("method", config.kind)
    experiment.check_data(method, problem, loaded)
    settings = {
        "problem_config": given.model_dump(mode="json"),
        "method_config": config.model_dump(mode="json"),
        "outline": loaded.outline,
    }
    report = Reporter(f"{problem} {method} seed {seed}")
    identity = {
        "settings": config_hash(settings),
        "seed": seed,
        "data": digest(loaded),
        "code": training_code(experiment, problem, method),
        "device": device_kind(),
        "versions": versions(),
    }
    interval = 60 * experiment.resources.checkpoint_minutes
    checkpoints = Checkpoints(Path(folder, CHECKPOINT), identity, interval, report.say)
    report.checkpoints = checkpoints
    networks, history = module.train(loaded, config, stream(seed, "training"), report)
    report.close()
    header = {
        "kind": KIND,
        "problem": problem,
        "method": method,
        **settings,
        "provenance": provenance(settings, seed, checkpoints.seconds),
    }
    header = write_run(folder, header, networks, history)
    checkpoints.remove()
    return module.open(loaded, config, networks, header)
