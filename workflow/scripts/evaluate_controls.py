from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.rows import control_rows
    from nlot.ground_truth.truth import load_truth

    config, control = parse_config(snakemake.config), snakemake.wildcards.control
    tasks = config.table1.tasks
    with measuring(
        snakemake.output.rows,
        settings=[
            [config.tasks[task].model_dump(mode="json") for task in tasks],
            config.evaluation.model_dump(mode="json"),
        ],
    ) as measured:
        truths = dict(zip(tasks, map(load_truth, snakemake.input.truths), strict=True))
        for seed in config.seeds:
            for task, rows in control_rows(config, tasks, control, seed, truths):
                measured.add(task, seed, rows)
