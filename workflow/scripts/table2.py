from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.provenance.records import read_records
    from nlot.reporting.published import published_rows
    from nlot.reporting.statement import stated
    from nlot.reporting.summary import read_rows
    from nlot.reporting.table2 import table2
    from nlot.reporting.writer import write_table

    config = parse_config(snakemake.config)
    rows, published = read_rows(snakemake.input.rows), published_rows()
    records = read_records(snakemake.input.record)
    table = stated(table2(rows, published, config), records, config)
    for path in snakemake.output.table:
        write_table(table, path)
