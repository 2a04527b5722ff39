from job import job

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from nlot import load
    from nlot.provenance.records import drawn
    from nlot.reporting.figures import map_figure, training_figure
    from nlot.reporting.style import save_figure

    given, made = snakemake.input, snakemake.output
    maps = list(zip(made.maps_pdf, made.maps_png, strict=True))
    curves = zip(made.curves_pdf, made.curves_png, strict=True)
    for number, (model, history, paths) in enumerate(
        zip(given.models, given.histories, curves, strict=True)
    ):
        run = load(Path(model).parent)
        names = run.header
        title = f"{names['method']}, {names['problem']}, seed {run.seed}"
        figures = [(training_figure(pd.read_csv(history), title), paths)]
        if maps:
            figures.append((map_figure(run, run.seed), maps[number]))
        for figure, paths in figures:
            for path in paths:
                save_figure(figure, path, drawn([names]))
