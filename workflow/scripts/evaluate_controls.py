from job import job

with job(snakemake):
    import pandas as pd

    from nlot.config import parse_config
    from nlot.evaluation.rows import control_rows
    from nlot.files import write_csv
    from nlot.ground_truth.truth import load_truth

    config = parse_config(snakemake.config)
    task, seed = snakemake.wildcards.task, int(snakemake.wildcards.seed)
    truth = load_truth(snakemake.input.truth) if snakemake.input.truth else None
    parts = [
        control_rows(config, task, control, seed, truth)
        for control in config.table1.controls
    ]
    write_csv(pd.concat(parts, ignore_index=True), snakemake.output.rows)
