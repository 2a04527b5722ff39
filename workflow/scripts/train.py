from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.runs.job import train

    names = snakemake.wildcards
    train(
        parse_config(snakemake.config),
        names.problem,
        names.method,
        int(names.seed),
        Path(snakemake.output.model).parent,
        snakemake.input.data or None,
    )
