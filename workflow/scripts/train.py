from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.runs.transport import train_run

    wildcards = snakemake.wildcards
    train_run(
        parse_config(snakemake.config),
        wildcards.task,
        wildcards.method,
        int(wildcards.seed),
        Path(snakemake.output.model).parent,
    )
