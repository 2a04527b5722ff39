from job import job

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from nlot.reporting.figures import map_figure, training_figure
    from nlot.reporting.records import drawn
    from nlot.reporting.style import save_figure
    from nlot.runs import load_run

    wildcards = snakemake.wildcards
    title = f"{wildcards.method}, {wildcards.task}, seed {wildcards.seed}"
    run = load_run(Path(snakemake.input.model).parent)
    maps = map_figure(run, int(wildcards.seed))
    curves = training_figure(pd.read_csv(snakemake.input.history), title)
    for figure, paths in (
        (maps, snakemake.output.maps),
        (curves, snakemake.output.curves),
    ):
        for path in paths:
            save_figure(figure, path, drawn([run.header]))
