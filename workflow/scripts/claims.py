from job import job

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from nlot.config import parse_config
    from nlot.provenance.records import read_records
    from nlot.reporting.claims import claims
    from nlot.reporting.claims_page import write_claims
    from nlot.reporting.statement import statement

    experiment, given = parse_config(snakemake.config), snakemake.input
    found = claims(pd.read_csv(given.rows), snakemake.wildcards.paper, experiment)
    # Those that the page speaks of.
    named = {group.figure for group in found.groups}
    paths = [path for path in map(Path, given.figures) if path.stem in named]
    figures = {path.stem: path for path in paths}
    made = statement(read_records(given.record))
    for path in snakemake.output:
        write_claims(found, path, figures, made)
