from job import job

with job(snakemake):
    import pandas as pd

    from nlot.config import parse_config
    from nlot.reporting.truth_tables import refinement_table
    from nlot.reporting.writer import write_table

    rows = pd.concat([pd.read_csv(path) for path in snakemake.input])
    table = refinement_table(rows, parse_config(snakemake.config))
    for path in snakemake.output:
        write_table(table, path)
