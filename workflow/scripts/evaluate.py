from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.jobs import measure_control, measure_runs

    experiment, names = parse_config(snakemake.config), snakemake.wildcards
    given, rows = snakemake.input, snakemake.output.rows
    problems, files = list(snakemake.params.problems), iter(given.data)
    seeds = snakemake.params.seeds
    data = {
        problem: dict(zip(seeds, files, strict=False))
        for problem in problems
        if experiment.problems[problem].generated
    }
    if control := names.get("control"):
        measure_control(experiment, control, problems, seeds, given.truths, data, rows)
    else:
        truth = given.truths[0] if given.truths else None
        of_problem = data.get(names.problem, {})
        measure_runs(experiment, given.models, truth, of_problem, rows)
