from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.metric_rows import load_data, metric_rows
    from nlot.files import write_csv
    from nlot.metric_runs import load_metric_run

    sequence = parse_config(snakemake.config).sequences[snakemake.wildcards.sequence]
    run = load_metric_run(Path(snakemake.input.model).parent)
    data = load_data(sequence, snakemake.input.samples)
    write_csv(metric_rows(run, sequence, data), snakemake.output.rows)
