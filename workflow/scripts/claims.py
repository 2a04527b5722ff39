from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.reporting.claims import claims, joined
    from nlot.reporting.claims_page import write_claims
    from nlot.reporting.published import (
        published_rows,
        published_statements,
        published_tasks,
    )
    from nlot.reporting.summary import read_rows

    config = parse_config(snakemake.config)
    given = snakemake.input
    metric_rows = read_rows(given.metric_rows) if given.metric_rows else None
    rows = joined(read_rows(given.rows), metric_rows)
    printed = published_rows(), published_statements(), published_tasks()
    groups = claims(rows, *printed, config)
    figures = {Path(path).stem: Path(path) for path in map(str, given.figures)}
    for path in snakemake.output:
        write_claims(groups, config, path, figures)
