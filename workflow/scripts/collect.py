from job import job

with job(snakemake):
    from nlot.reporting.collection import collect

    collect(snakemake.input, snakemake.output.rows, snakemake.output.record)
