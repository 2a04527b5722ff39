from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.runs.metric import train_metric

    wildcards = snakemake.wildcards
    train_metric(
        parse_config(snakemake.config),
        wildcards.sequence,
        wildcards.learner,
        int(wildcards.seed),
        snakemake.input.samples,
        Path(snakemake.output.model).parent,
    )
