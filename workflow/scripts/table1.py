from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.provenance.records import read_records
    from nlot.reporting.bounds_table import bounds_table
    from nlot.reporting.published import published_rows
    from nlot.reporting.statement import stated
    from nlot.reporting.summary import read_rows
    from nlot.reporting.tables import supplementary_table, table1
    from nlot.reporting.truth_tables import truth_table
    from nlot.reporting.writer import write_table

    config = parse_config(snakemake.config)
    rows, published = read_rows(snakemake.input.rows), published_rows()
    records = read_records(snakemake.input.record)
    for table, paths in (
        (table1(rows, published, config), snakemake.output.table),
        (supplementary_table(rows, published, config), snakemake.output.supplement),
        (truth_table(rows, config), snakemake.output.truth),
        (bounds_table(rows, config), snakemake.output.bounds),
    ):
        for path in paths:
            write_table(stated(table, records, config), path)
