from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.reporting.bounds_table import bounds_table
    from nlot.reporting.published import published_rows
    from nlot.reporting.summary import read_rows
    from nlot.reporting.tables import supplementary_table, table1
    from nlot.reporting.truth_tables import truth_table
    from nlot.reporting.writer import write_table

    config = parse_config(snakemake.config)
    rows, published = read_rows(snakemake.input.rows), published_rows()
    for path in snakemake.output.table:
        write_table(table1(rows, published, config), path)
    for path in snakemake.output.supplement:
        write_table(supplementary_table(rows, published, config), path)
    for path in snakemake.output.truth:
        write_table(truth_table(rows, config), path)
    for path in snakemake.output.bounds:
        write_table(bounds_table(rows, config), path)
