# Reads and validates the configuration; nothing is computed here.
from nlot.config import ConfigError, parse_config
from nlot.datasets.files import SampleError
from nlot.provenance import fingerprint
from nlot.tasks import build_task
from snakemake.exceptions import WorkflowError

try:
    CONFIG = parse_config(config)
    for task in sorted({task for task, _, _ in CONFIG.runs()}):
        build_task(CONFIG.tasks[task])
except (ConfigError, SampleError) as error:
    raise WorkflowError(str(error)) from None

# Every preset has a folder of its own.
RESULTS = f"results/{CONFIG.preset}"
# The module whose code a run depends on, by kind of method.
TRAINED_BY = {"nlot": "solve", "nlot_plus": "plus"}
RUN = "{task}/{method}/seed_{seed}"
RUNS = [RUN.format(task=t, method=m, seed=s) for t, m, s in CONFIG.runs()]


wildcard_constraints:
    task="|".join(CONFIG.tasks),
    method="|".join(CONFIG.methods),
    seed=r"\d+",


def settings(section):
    """A section of the configuration as plain data, compared between runs."""
    return section.model_dump(mode="json")


def figure_runs(wildcards):
    """The models that a figure draws."""
    section = getattr(CONFIG, wildcards.figure)
    return expand(
        f"{RESULTS}/runs/{RUN}/model.eqx",
        task=section.tasks,
        method=section.methods,
        seed=section.seed,
    )


def sample_files(wildcards):
    """The files that a task's measures are read from."""
    task = CONFIG.tasks[wildcards.task]
    return [m.path for m in (task.source, task.target) if m.kind == "samples"]
