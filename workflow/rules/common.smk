# Reads and validates the configuration; nothing is computed here.
from itertools import chain, product

from nlot.config import ConfigError, changed, parse_config, read_presets
from nlot.config.figures import FIGURE_KINDS
from nlot.ground_truth.memory import memory_mb
from nlot.provenance.fingerprints import fingerprint, modules_of
from nlot.runs.code import controls_code, evaluation_code, training_code
from snakemake.exceptions import WorkflowError

try:
    # Snakemake merged the files without those that they extend. Scripts see `GIVEN`.
    GIVEN = changed(read_presets(workflow.configfiles), workflow.config_settings.config)
    CONFIG = parse_config(GIVEN, " ".join(map(str, workflow.configfiles)))
except ConfigError as error:
    raise WorkflowError(str(error)) from None
config.clear()
config.update(GIVEN)

# Every preset has its own folder.
RESULTS = f"results/{CONFIG.preset}"
RUN = "{problem}/{method}/seed_{seed}"
# Formats of tables and figures.
FORMATS = ["csv", "md", "tex", "html"]
IMAGES = ["pdf", "png"]
# The ground truth writes its own rows; all other controls are measured.
REFERENCE = "reference"
# Settings that only evaluation uses, not training.
COMPARED = {"truth", "grid", "ground_truth", "labels", "linkages"}
# The seeds with which tables show a method or control, by problem and its name.
TABLED = {}
for table in CONFIG.tables.values():
    shown = (*map(CONFIG.owner, table.methods), *table.controls)
    for pair in product(table.problems, shown):
        TABLED.setdefault(pair, {}).update(dict.fromkeys(CONFIG.seeds_of(table)))
# The problems of tables that have a ground truth.
REFINED = [
    name
    for name in dict.fromkeys(p for t in CONFIG.tables.values() for p in t.problems)
    if CONFIG.problems[name].has_ground_truth
]


wildcard_constraints:
    problem="|".join(CONFIG.problems),
    method="|".join(CONFIG.methods),
    table="|".join(CONFIG.tables) or "no table",
    figure="|".join(CONFIG.figures) or "no figure",
    paper=r"[a-z0-9_]+",
    seed=r"\d+",


def settings(section, **options):
    """A section of the configuration as plain data, compared between runs."""
    return section.model_dump(mode="json", **options)


def grows(amount):
    """A resource that grows with every attempt at a job."""
    return lambda wildcards, attempt: amount * attempt


def truth_memory(wildcards, attempt):
    """Memory in MB, with room for compiled programs."""
    given = CONFIG.problems[wildcards.problem]
    space = given.dimension, given.has_straight_paths
    return attempt * (1000 + memory_mb(CONFIG.evaluation, *space))


def in_formats(stem, formats, shown, **place):
    """A result in all formats, of which the report shows one, in `place`."""
    return [
        f"{stem}.{f}" if f != shown else report(f"{stem}.{f}", **place) for f in formats
    ]


def titled(kind, entries):
    """The report's label for a job's table or figure: its title, or its name."""
    return lambda w: {kind: entries[w[kind]].title or w[kind]}


def given_files(*problems):
    """The files that problems are read from, each once."""
    files = [file for p in problems for file in CONFIG.problems[p].files]
    return list(dict.fromkeys(files))


def generated(problem, seed):
    """The file of data generated for a problem and seed; none for given samples."""
    if not CONFIG.problems[problem].generated:
        return []
    return f"{RESULTS}/data/{problem}/seed_{seed}.npz"


def all_generated(problems, seeds):
    """The generated data of problems for all seeds, in the order of both."""
    return [f for p in problems for s in seeds if (f := generated(p, s))]


def matched_seeds(problem):
    """The seeds whose samples a ground truth pairs."""
    return CONFIG.seeds_on(problem) if CONFIG.evaluation.matching.points else ()


def truths_of(problems, suffix="npz"):
    """The ground truths of those problems that have any."""
    known = [p for p in problems if CONFIG.problems[p].has_ground_truth]
    return expand(f"{RESULTS}/ground_truth/{{problem}}.{suffix}", problem=known)


def measured(*tables):
    """The files behind tables: rows, their records, and what was measured."""
    pairs = dict.fromkeys(
        (problem, CONFIG.owner(row))
        for table in tables
        for problem in table.problems
        for row in table.methods
    )
    names = [f"{problem}/{method}" for problem, method in pairs]
    names += dict.fromkeys(
        f"controls/{problem}"
        for table in tables
        if set(table.controls) - {REFERENCE}
        for problem in table.problems
    )
    problems = dict.fromkeys(problem for t in tables for problem in t.problems)
    return [
        *(
            f"{RESULTS}/runs/{problem}/{method}/seed_{seed}/model.eqx"
            for problem, method in pairs
            for seed in TABLED[problem, method]
        ),
        *(
            f"{RESULTS}/evaluation/{n}.{kind}"
            for n in names
            for kind in ("csv", "json")
        ),
        *truths_of(problems),
        *truths_of(problems, "csv"),
    ]


def controls_of(problem):
    """The seeds with which each control is measured on a problem."""
    return {
        control: list(TABLED[problem, control])
        for table in CONFIG.tables.values()
        if problem in table.problems
        for control in table.controls
        if control != REFERENCE
    }


def measured_seeds(wildcards):
    """The seeds with which a method or all controls are measured on a problem."""
    problem, method = wildcards.problem, wildcards.get("method")
    if method:
        return list(TABLED.get((problem, method), CONFIG.seeds))
    return list(dict.fromkeys(chain(*controls_of(problem).values())))


def figure_models(figure):
    """The models that a figure draws, all of one seed."""
    owners = dict.fromkeys(map(CONFIG.owner, figure.methods))
    runs = [(p, m, CONFIG.seed_of(figure)) for p in figure.problems for m in owners]
    return run_files(f"{RESULTS}/runs/{RUN}/model.eqx", runs)


def figure_data(figure):
    """The generated data of a figure's models, in the order of its problems."""
    return all_generated(figure.problems, [CONFIG.seed_of(figure)])


def figure_truths(figure):
    """The ground truths that losses and matchings are drawn against."""
    return truths_of(figure.problems) if FIGURE_KINDS[figure.kind].truth else []


def run_files(pattern, runs):
    """One file per run."""
    return [pattern.format(problem=p, method=m, seed=s) for p, m, s in runs]


def shown_images(kind, runs, caption):
    """One image per run, labelled in the report with the run's names."""
    images = []
    for (problem, method, seed), path in zip(
        runs, run_files(f"{RESULTS}/figures/{kind}/{RUN}.png", runs), strict=True
    ):
        labels = {"problem": problem, "method": method, "seed": str(seed)}
        place = {"caption": caption, "category": kind.capitalize(), "labels": labels}
        images.append(report(path, **place))
    return images


# Jobs also read the workflow, and would repeat all checks.
if workflow.is_main_process:

    include: "checks.smk"
