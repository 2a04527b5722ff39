from job import job

with job(snakemake):
    import pandas as pd

    from nlot.files import write_csv

    parts = [pd.read_csv(path) for path in snakemake.input]
    write_csv(pd.concat(parts, ignore_index=True), snakemake.output.rows)
