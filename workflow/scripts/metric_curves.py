from job import job

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from nlot.provenance.records import drawn
    from nlot.reporting.figures import training_figure
    from nlot.reporting.style import save_figure
    from nlot.runs.store import read_header

    given, made = snakemake.input, snakemake.output
    for model, history, *paths in zip(
        given.models, given.histories, made.pdf, made.png, strict=True
    ):
        names = read_header(Path(model).parent)
        seed = names["provenance"]["seed"]
        title = f"{names['method']}, {names['sequence']}, seed {seed}"
        figure = training_figure(pd.read_csv(history), title)
        for path in paths:
            save_figure(figure, path, drawn([names]))
