from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.jobs import measure_control, measure_runs

    experiment, names = parse_config(snakemake.config), snakemake.wildcards
    given, rows = snakemake.input, snakemake.output.rows
    truth = given.truths[0] if given.truths else None
    # Samples that are given have no files.
    data = dict(zip(snakemake.params.seeds, given.data, strict=False))
    if control := names.get("control"):
        seeds = snakemake.params.seeds
        measure_control(experiment, control, names.problem, seeds, truth, data, rows)
    else:
        measure_runs(experiment, given.models, truth, data, rows)
