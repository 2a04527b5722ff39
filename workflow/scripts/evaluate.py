from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.jobs import measure_controls, measure_runs

    experiment, names = parse_config(snakemake.config), snakemake.wildcards
    given, params, rows = snakemake.input, snakemake.params, snakemake.output.rows
    truth = given.truths[0] if given.truths else None
    # Samples that are given have no files.
    data = dict(zip(params.seeds, given.data, strict=False))
    if names.get("method"):
        measure_runs(experiment, given.models, truth, data, rows)
    else:
        measure_controls(experiment, names.problem, params.controls, truth, data, rows)
