from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.provenance.records import drawn
    from nlot.reporting.figures import transport_figure
    from nlot.reporting.style import save_figure
    from nlot.runs.transport import load_run

    section = getattr(parse_config(snakemake.config), snakemake.wildcards.figure)
    runs = [load_run(Path(path).parent) for path in snakemake.input.models]
    named = {
        (variant.header["task"], variant.header["method"]): variant
        for run in runs
        for variant in run.variants
    }
    figure = transport_figure(named, section)
    provenance = drawn(run.header for run in runs)
    for path in snakemake.output:
        save_figure(figure, path, provenance)
