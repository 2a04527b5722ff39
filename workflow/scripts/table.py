from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.reporting.collection import gather
    from nlot.reporting.statement import stated
    from nlot.reporting.table import write_table
    from nlot.reporting.tables import table

    experiment = parse_config(snakemake.config)
    rows, records = gather(snakemake.input)
    made = table(rows, snakemake.wildcards.table, experiment)
    for path in snakemake.output:
        write_table(stated(made, records, experiment), path)
