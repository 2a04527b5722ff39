from job import job

with job(snakemake):
    from dataclasses import replace

    import pandas as pd

    from nlot.config import parse_config
    from nlot.reporting.collection import measurements
    from nlot.reporting.statement import statement
    from nlot.reporting.truth_tables import refinement_table
    from nlot.reporting.writer import write_table

    rows = pd.concat([pd.read_csv(path) for path in snakemake.input.rows])
    made = statement(measurements(snakemake.input.records))
    table = refinement_table(rows, parse_config(snakemake.config))
    table = replace(table, provenance=made)
    for path in snakemake.output:
        write_table(table, path)
