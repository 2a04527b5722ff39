from job import job

with job(snakemake):
    from dataclasses import replace

    from nlot.config import parse_config
    from nlot.reporting.collection import gather
    from nlot.reporting.statement import statement
    from nlot.reporting.table import write_table
    from nlot.reporting.truth_tables import refinement_table

    rows, records = gather(snakemake.input)
    table = refinement_table(rows, parse_config(snakemake.config))
    table = replace(table, provenance=statement(records))
    for path in snakemake.output:
        write_table(table, path)
