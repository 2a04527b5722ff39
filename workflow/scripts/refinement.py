from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.ground_truth.refinement import refinement

    experiment, name = parse_config(snakemake.config), snakemake.wildcards.problem
    given, evaluation = experiment.problems[name], experiment.evaluation
    settings = [part.model_dump(mode="json") for part in (given, evaluation)]
    seed = experiment.seeds[0]
    with measuring(
        snakemake.output.rows,
        settings=settings,
        # Its rows are of no method.
        method="refinement",
    ) as measured:
        rows = refinement(
            name, given.load(), evaluation, seed, lambda line: print(line, flush=True)
        )
        measured.add(name, seed, rows)
