from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.ground_truth.truth import REFERENCE, load_truth
    from nlot.provenance.records import drawn
    from nlot.reporting.loss_figure import loss_figure
    from nlot.reporting.style import save_figure
    from nlot.runs.transport import load_run

    config = parse_config(snakemake.config)
    truths = [load_truth(path) for path in snakemake.input.truths]
    runs = [load_run(Path(path).parent) for path in snakemake.input.models]
    named = {
        (variant.header["task"], variant.header["method"]): variant
        for run in runs
        for variant in run.variants
    }
    figure = loss_figure(
        {truth.header["task"]: truth for truth in truths},
        named,
        config.rows(config.table1.methods),
        config.seeds[0],
    )
    provenance = drawn(
        [run.header for run in runs],
        [{**truth.header, "method": REFERENCE} for truth in truths],
    )
    for path in snakemake.output:
        save_figure(figure, path, provenance)
