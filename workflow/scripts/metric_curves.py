from job import job

with job(snakemake):
    import pandas as pd

    from nlot.reporting.figures import training_figure
    from nlot.reporting.style import save_figure

    wildcards = snakemake.wildcards
    title = f"{wildcards.learner}, {wildcards.sequence}, seed {wildcards.seed}"
    figure = training_figure(pd.read_csv(snakemake.input.history), title)
    for path in snakemake.output:
        save_figure(figure, path)
