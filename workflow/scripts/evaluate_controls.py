from job import job

with job(snakemake):
    import pandas as pd

    from nlot.config import parse_config
    from nlot.evaluation.rows import control_rows
    from nlot.files import write_csv

    config = parse_config(snakemake.config)
    task, seed = snakemake.wildcards.task, int(snakemake.wildcards.seed)
    parts = [
        control_rows(config, task, control, seed) for control in config.table1.controls
    ]
    write_csv(pd.concat(parts, ignore_index=True), snakemake.output.rows)
