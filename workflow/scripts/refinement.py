from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import write_measured
    from nlot.ground_truth.refinement import refinement

    experiment, name = parse_config(snakemake.config), snakemake.wildcards.problem
    given, evaluation = experiment.problems[name], experiment.evaluation
    settings = [part.model_dump(mode="json") for part in (given, evaluation)]
    seed = experiment.seeds[0]

    def parts():
        rows = refinement(
            name,
            given.load().held_out,
            evaluation,
            seed,
            lambda line: print(line, flush=True),
        )
        yield name, seed, rows

    # Its rows are of no method.
    write_measured(
        parts(), snakemake.output.rows, settings=settings, method="refinement"
    )
