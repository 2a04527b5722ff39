from job import job

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from nlot.provenance.records import drawn
    from nlot.reporting.figures import map_figure, training_figure
    from nlot.reporting.style import save_figure
    from nlot.runs.transport import load_run

    given, made = snakemake.input, snakemake.output
    images = made.maps_pdf, made.maps_png, made.curves_pdf, made.curves_png
    for model, history, *paths in zip(
        given.models, given.histories, *images, strict=True
    ):
        run = load_run(Path(model).parent)
        names, seed = run.header, run.header["provenance"]["seed"]
        title = f"{names['method']}, {names['task']}, seed {seed}"
        maps = map_figure(run, seed)
        curves = training_figure(pd.read_csv(history), title)
        for figure, path in zip((maps, maps, curves, curves), paths, strict=True):
            save_figure(figure, path, drawn([run.header]))
