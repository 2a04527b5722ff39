from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.reporting.figures import transport_figure
    from nlot.reporting.style import save_figure
    from nlot.runs import load_run

    section = getattr(parse_config(snakemake.config), snakemake.wildcards.figure)
    runs = [load_run(Path(path).parent) for path in snakemake.input.models]
    named = {(run.header["task"], run.header["method"]): run for run in runs}
    figure = transport_figure(named, section)
    for path in snakemake.output:
        save_figure(figure, path)
