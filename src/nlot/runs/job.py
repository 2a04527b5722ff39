"""A training job: train with checkpoints, write the run, drop the checkpoint."""

import json
import time
from pathlib import Path
from typing import Any

from nlot import runs
from nlot.config import Experiment, load_config
from nlot.config.given import Given
from nlot.config.kinds import target
from nlot.config.names import check_known
from nlot.config.sections import MethodConfig, ProblemConfig
from nlot.methods.capabilities import capable
from nlot.methods.stored import FORMAT, KIND
from nlot.provenance.fingerprints import config_hash
from nlot.provenance.record import device_kind, provenance, versions
from nlot.runs.code import training_code
from nlot.training.checkpoints import CHECKPOINT, Checkpoints, digest
from nlot.training.progress import Reporter
from nlot.training.streams import stream

# Kinds of problems whose runs are checked after training.
_CHECKED = ("transport", "sequence")


def train(
    experiment: Experiment | str | Path,
    problem: str,
    method: str,
    seed: int = 0,
    folder: str | Path = "run",
    data: str | Path | None = None,
) -> Any:
    """Train a method on a problem, and write weights and history to a folder.

    A killed run resumes from its checkpoint in `folder`, and reaches the same weights.

    **Arguments:**

    - `experiment`: settings of problems and methods, or the file of a preset.
    - `problem`, `method`: their names there.
    - `seed`: of the networks' initial weights and all draws.
    - `folder`: where `model.eqx` and `history.csv` go; created if missing.
    - `data`: the file of a problem's generated samples; made in `folder` if not given.

    **Returns:** the trained run, with the capabilities of its method
    (`nlot.methods.capabilities`).

    Raises `ValueError` for an unusable preset, an unknown name, and for a problem or
    samples that the method does not support; `nlot.training.loop.DivergenceError` if a
    loss stops being finite; and `nlot.measures.files.SampleError` for unusable samples.
    No run is then written.
    """
    if not isinstance(experiment, Experiment):
        experiment = load_config(experiment)
    check_known("problem", [problem], experiment.problems)
    check_known("method", [method], experiment.methods)
    reason = experiment.unable(method, problem)
    if reason:
        raise ValueError(reason)
    given, config = experiment.problems[problem], experiment.method(method, problem)
    if given.generated and data is None:
        data = Path(folder, "data.npz")
        runs.make_data(experiment, problem, seed, data)
    loaded = given.load(data)
    experiment.check_data(method, problem, loaded)
    return train_loaded(
        loaded,
        given,
        config,
        seed,
        names=(problem, method),
        code=training_code(experiment, problem, method),
        folder=folder,
        interval=60 * experiment.resources.checkpoint_minutes,
    )


def train_loaded(
    loaded: Any,
    given: ProblemConfig,
    config: MethodConfig,
    seed: int,
    *,
    names: tuple[str, str],
    code: str,
    folder: str | Path | None,
    interval: float = 60.0,
) -> Any:
    """Train on a loaded problem; arguments, results and errors are those of `train`.

    **Arguments:** the problem, its settings and the method's, the seed, the names of
    both, the hash of the code, the folder for the run, and seconds between checkpoints.
    Without a folder nothing is written.
    """
    problem, method = names
    module = target("method", config.kind)
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
        "code": code,
        "device": device_kind(),
        "versions": versions(),
    }
    started, checkpoints = time.monotonic(), None
    if folder is not None:
        path = Path(folder, CHECKPOINT)
        checkpoints = Checkpoints(path, identity, interval, report.say)
    report.checkpoints = checkpoints
    networks, history = module.train(loaded, config, stream(seed, "training"), report)
    report.close()
    seconds = checkpoints.seconds if checkpoints else time.monotonic() - started
    header = {
        "format": FORMAT,
        "kind": KIND,
        "problem": problem,
        "method": method,
        **settings,
        "provenance": provenance(settings, seed, seconds),
    }
    header = json.loads(json.dumps(header))
    parts = {name: getattr(given, name) for name in type(given).model_fields}
    objects = {n: p.build() for n, p in parts.items() if isinstance(p, Given)}
    run = module.open(loaded, config, networks, header, history, objects)
    if given.kind in _CHECKED and (capable(run, "map") or capable(run, "carry")):
        # By way of the package: an edit of the checks trains nothing again.
        found = runs.diagnose(run)
        report.say(str(found))
        header["diagnostics"] = found.plain()
    if capable(run, "speeds"):
        speeds = " ".join(f"{speed:.3g}" for speed in run.speeds)
        report.say(f"speeds between neighbouring times, length per time: {speeds}")
    if folder is not None:
        run.save(folder)
    if checkpoints is not None:
        checkpoints.remove()
    return run
