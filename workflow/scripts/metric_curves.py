from job import job

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from nlot.reporting.figures import training_figure
    from nlot.reporting.records import drawn
    from nlot.reporting.style import save_figure
    from nlot.storage import read_header

    wildcards = snakemake.wildcards
    title = f"{wildcards.learner}, {wildcards.sequence}, seed {wildcards.seed}"
    figure = training_figure(pd.read_csv(snakemake.input.history), title)
    provenance = drawn([read_header(Path(snakemake.input.model).parent)])
    for path in snakemake.output:
        save_figure(figure, path, provenance)
