from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.rows import run_rows
    from nlot.ground_truth.truth import load_truth
    from nlot.runs.transport import load_run

    settings = parse_config(snakemake.config).evaluation
    with measuring(
        snakemake.output.rows, settings=settings.model_dump(mode="json")
    ) as measured:
        truth = load_truth(snakemake.input.truth) if snakemake.input.truth else None
        for model in snakemake.input.models:
            run = load_run(Path(model).parent)
            seed = run.header["provenance"]["seed"]
            rows = run_rows(run, settings, truth)
            measured.add(snakemake.wildcards.task, seed, rows)
