from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.metric_rows import load_data
    from nlot.provenance.records import drawn
    from nlot.reporting.metric_figures import eigenvector_figure, geodesic_figure
    from nlot.reporting.style import save_figure
    from nlot.runs.metric import load_metric_run

    config = parse_config(snakemake.config)
    section = getattr(config, snakemake.wildcards.figure)
    runs = [load_metric_run(Path(path).parent) for path in snakemake.input.models]
    named = {(run.header["sequence"], run.header["method"]): run for run in runs}
    sequences = {
        name: load_data(config.sequences[name], path).sequence
        for name, path in zip(section.sequences, snakemake.input.samples, strict=True)
    }
    draw = {"figure3": eigenvector_figure, "figure4": geodesic_figure}
    figure = draw[snakemake.wildcards.figure](named, sequences, section, config)
    provenance = drawn(run.header for run in runs)
    for path in snakemake.output:
        save_figure(figure, path, provenance)
