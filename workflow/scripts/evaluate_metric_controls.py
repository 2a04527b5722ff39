from job import job

with job(snakemake):
    import pandas as pd

    from nlot.config import parse_config
    from nlot.evaluation.metric_rows import load_data, metric_control_rows
    from nlot.files import write_csv

    config = parse_config(snakemake.config)
    name, seed = snakemake.wildcards.sequence, int(snakemake.wildcards.seed)
    data = load_data(config.sequences[name], snakemake.input.samples)
    rows = [
        metric_control_rows(config, name, control, seed, data)
        for control in config.table2.controls
    ]
    write_csv(pd.concat(rows, ignore_index=True), snakemake.output.rows)
