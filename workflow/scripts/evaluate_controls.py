from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.rows import control_rows
    from nlot.ground_truth.truth import load_truth

    config = parse_config(snakemake.config)
    task, seed = snakemake.wildcards.task, int(snakemake.wildcards.seed)
    with measuring(
        snakemake.output.rows,
        task=task,
        seed=seed,
        settings=[
            config.tasks[task].model_dump(mode="json"),
            config.evaluation.model_dump(mode="json"),
        ],
    ) as rows:
        truth = load_truth(snakemake.input.truth) if snakemake.input.truth else None
        for control in config.table1.controls:
            rows.append(control_rows(config, task, control, seed, truth))
