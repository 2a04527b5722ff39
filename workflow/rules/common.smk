# Reads and validates the configuration; nothing is computed here.
from string import Formatter

from nlot.config import ConfigError, check_presets, parse_config
from nlot.provenance.record import fingerprint
from nlot.reporting import report_captions
from nlot.reporting.writer import FORMATS
from snakemake.exceptions import WorkflowError

try:
    # Snakemake merges files without a look at what they extend, or at keys lost in them.
    check_presets(workflow.overwrite_configfiles, "config/config.yaml")
    CONFIG = parse_config(config)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

# Jobs of a cluster read the workflow, too, and would import JAX to check it again.
if workflow.is_main_process:

    include: "checks.smk"


# Every preset has a folder of its own.
RESULTS = f"results/{CONFIG.preset}"
# The module whose code a run depends on, by kind of method.
TRAINED_BY = {"nlot": "methods.nlot.train", "nlot_plus": "methods.nlot_plus.train", "nlsb": "methods.nlsb.train"}
LEARNED_BY = {
    "nlot": "methods.metric_nlot.train",
    "nlot_plus": "methods.metric_nlot_plus.train",
    "scarvelis_solomon": "methods.scarvelis_solomon.train",
}
RUN = "{task}/{method}/seed_{seed}"
RUNS = [RUN.format(task=t, method=m, seed=s) for t, m, s in CONFIG.runs()]
METRIC_RUN = "{sequence}/{learner}/seed_{seed}"
METRIC_RUNS = [
    METRIC_RUN.format(sequence=s, learner=m, seed=i) for s, m, i in CONFIG.metric_runs()
]
# All runs of a method on a task are measured by one job.
MEASURED = list(dict.fromkeys(f"{t}/{m}" for t, m, _ in CONFIG.runs()))
METRICS_MEASURED = list(dict.fromkeys(f"{s}/{m}" for s, m, _ in CONFIG.metric_runs()))
# What figures are written as; tables are written in all FORMATS of the package.
IMAGES = ["pdf", "png"]
METRIC_FIGURES = [f for f in ("figure3", "figure4") if getattr(CONFIG, f)]


wildcard_constraints:
    task="|".join(CONFIG.tasks),
    method="|".join(CONFIG.methods),
    sequence="|".join(CONFIG.sequences) or "no sequence",
    learner="|".join(CONFIG.learners) or "no learner",
    control="|".join(CONFIG.table1.controls) or "no control",
    seed=r"\d+",


def settings(section):
    """A section of the configuration as plain data, compared between runs."""
    return section.model_dump(mode="json")


def in_formats(stem, formats, shown, **place):
    """A result in all formats, of which the report shows one, in `place`."""
    return [
        f"{stem}.{f}" if f != shown else report(f"{stem}.{f}", **place) for f in formats
    ]


def shown_images(kind, pattern, runs, **place):
    """One picture a run, which the report shows in `place` under the run's names."""
    fields = [field for _, field, _, _ in Formatter().parse(pattern) if field]
    images = []
    for run in runs:
        names = dict(zip(fields, map(str, run), strict=True))
        path = f"{RESULTS}/figures/{kind}/{pattern.format(**names)}.png"
        images.append(report(path, labels=names, **place))
    return images


def about(names):
    """What a table is of, for its caption in the report."""
    seeds = ", ".join(map(str, CONFIG.seeds))
    return f"Preset {CONFIG.preset}, seeds {seeds}: {', '.join(names)}."


def figure_caption(wildcards):
    """Whose runs a figure shows, and how they were trained."""
    return report_captions.figure_caption(CONFIG, wildcards.figure)


def grows(amount):
    """A resource of which every attempt at a job gets more than the one before."""
    return lambda wildcards, attempt: amount * attempt


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
    return sample_files_of(wildcards.task)


def sample_files_of(*tasks):
    """The files that the measures of `tasks` are read from, each once."""
    ends = [
        end for t in tasks for end in (CONFIG.tasks[t].source, CONFIG.tasks[t].target)
    ]
    return list(dict.fromkeys(end.path for end in ends if end.kind == "samples"))


def truth_file(wildcards):
    """The ground truth of a task of Table 1; none for one that is only drawn."""
    if wildcards.task not in CONFIG.table1.tasks:
        return []
    return f"{RESULTS}/ground_truth/{wildcards.task}.npz"


def metric_figure_runs(wildcards):
    """The learned metrics that a figure draws."""
    section = getattr(CONFIG, wildcards.figure)
    return expand(
        f"{RESULTS}/metrics/{METRIC_RUN}/model.eqx",
        sequence=section.sequences,
        learner=section.learners,
        seed=section.seed,
    )


def drawn_sequences(wildcards):
    """Settings of the sequences that a figure draws: it reads grid and true metric."""
    names = getattr(CONFIG, wildcards.figure).sequences
    return {name: settings(CONFIG.sequences[name]) for name in names}


def metric_figure_samples(wildcards):
    """The samples that a figure draws, in the order of its sequences."""
    section = getattr(CONFIG, wildcards.figure)
    return [samples_of(name, section.seed) for name in section.sequences]


def seeds_of(runs, *names):
    """The seeds of the runs of a method: of those that tables and figures need, if any."""
    found = [seed for *run, seed in runs if run == list(names)]
    return found or CONFIG.seeds


def measured_models(wildcards):
    """The models of a method on a task."""
    seeds = seeds_of(CONFIG.runs(), wildcards.task, wildcards.method)
    return expand(f"{RESULTS}/runs/{RUN}/model.eqx", seed=seeds, **wildcards)


def measured_metrics(wildcards):
    """The models of a learner on a sequence."""
    seeds = seeds_of(CONFIG.metric_runs(), wildcards.sequence, wildcards.learner)
    return expand(f"{RESULTS}/metrics/{METRIC_RUN}/model.eqx", seed=seeds, **wildcards)


def measured_metrics_samples(wildcards):
    """The samples of each of `measured_metrics`."""
    seeds = seeds_of(CONFIG.metric_runs(), wildcards.sequence, wildcards.learner)
    return [samples_of(wildcards.sequence, seed) for seed in seeds]


def sequence_samples(wildcards):
    """The samples that a metric is learned from."""
    return samples_of(wildcards.sequence, wildcards.seed)


def samples_of(sequence, seed):
    """The file of a sequence's samples: generated for each seed, or given."""
    data = CONFIG.sequences[sequence].data
    if data.kind == "samples":
        return data.path
    return f"{RESULTS}/data/{sequence}/seed_{seed}.npz"
