from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.rows import control_rows
    from nlot.ground_truth.truth import load_truth

    config, task = parse_config(snakemake.config), snakemake.wildcards.task
    with measuring(
        snakemake.output.rows,
        task=task,
        settings=[
            config.tasks[task].model_dump(mode="json"),
            config.evaluation.model_dump(mode="json"),
        ],
    ) as measured:
        truth = load_truth(snakemake.input.truth) if snakemake.input.truth else None
        for control in config.table1.controls:
            for seed in config.seeds:
                measured.add(seed, control_rows(config, task, control, seed, truth))
