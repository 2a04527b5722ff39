from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.ground_truth.refinement import refinement
    from nlot.problems.transport import build_task

    config, name = parse_config(snakemake.config), snakemake.wildcards.task
    task, seed = config.tasks[name], config.seeds[0]
    with measuring(
        snakemake.output.rows,
        settings=[
            task.model_dump(mode="json"),
            config.evaluation.model_dump(mode="json"),
        ],
        # Its rows are of no method.
        method="refinement",
    ) as measured:
        rows = refinement(
            name,
            build_task(task),
            config.evaluation,
            seed,
            lambda line: print(line, flush=True),
        )
        measured.add(name, seed, rows)
