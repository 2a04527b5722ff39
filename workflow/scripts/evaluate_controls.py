from job import job

with job(snakemake):
    import time

    import pandas as pd

    from nlot.config import parse_config
    from nlot.evaluation.measurement import write_measurement
    from nlot.evaluation.rows import control_rows
    from nlot.ground_truth.truth import load_truth

    started = time.monotonic()
    config = parse_config(snakemake.config)
    task, seed = snakemake.wildcards.task, int(snakemake.wildcards.seed)
    truth = load_truth(snakemake.input.truth) if snakemake.input.truth else None
    parts = [
        control_rows(config, task, control, seed, truth)
        for control in config.table1.controls
    ]
    write_measurement(
        pd.concat(parts, ignore_index=True),
        snakemake.output.rows,
        task=task,
        seed=seed,
        settings=[
            config.tasks[task].model_dump(mode="json"),
            config.evaluation.model_dump(mode="json"),
        ],
        seconds=time.monotonic() - started,
    )
