from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.provenance.records import read_records
    from nlot.reporting.claims import claims, joined
    from nlot.reporting.claims_page import write_claims
    from nlot.reporting.published import (
        published_rows,
        published_statements,
        published_tasks,
    )
    from nlot.reporting.statement import statement
    from nlot.reporting.summary import read_rows

    config = parse_config(snakemake.config)
    given = snakemake.input
    records = read_records(given.record)
    metric_rows = None
    if given.metric_rows:
        metric_rows = read_rows(given.metric_rows)
        records = records.joined(read_records(given.metric_record))
    rows = joined(read_rows(given.rows), metric_rows)
    printed = published_rows(), published_statements(), published_tasks()
    groups = claims(rows, *printed, config)
    figures = {Path(path).stem: Path(path) for path in map(str, given.figures)}
    for path in snakemake.output:
        write_claims(groups, config, path, figures, statement(records))
