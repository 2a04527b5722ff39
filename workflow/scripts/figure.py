from job import job

with job(snakemake):
    from pathlib import Path

    from nlot import load
    from nlot.config import parse_config
    from nlot.config.figures import FIGURE_KINDS
    from nlot.evaluation.rows import REFERENCE
    from nlot.ground_truth.truth import load_truth
    from nlot.provenance.records import drawn
    from nlot.reporting.drawing import draw
    from nlot.reporting.style import save_figure

    experiment, given = parse_config(snakemake.config), snakemake.input
    name = snakemake.wildcards.figure
    runs = [load(Path(path).parent) for path in given.models]
    truths = {t.header["problem"]: t for t in map(load_truth, given.truths)}
    data = {Path(path).parent.name: path for path in given.data}
    entry = experiment.figures[name]
    load = "load_particles" if FIGURE_KINDS[entry.kind].held_out else "load"
    problems = {
        problem: getattr(experiment.problems[problem], load)(data.get(problem))
        for problem in entry.problems
    }
    figure = draw(name, experiment, runs, truths, problems)
    provenance = drawn(
        [run.header for run in runs],
        [{**truth.header, "method": REFERENCE} for truth in truths.values()],
    )
    for path in snakemake.output:
        save_figure(figure, path, provenance)
