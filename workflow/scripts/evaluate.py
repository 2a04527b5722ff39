from job import job

with job(snakemake):
    import time
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.measurement import write_measurement
    from nlot.evaluation.rows import run_rows
    from nlot.ground_truth.truth import load_truth
    from nlot.runs import load_run

    started = time.monotonic()
    settings = parse_config(snakemake.config).evaluation
    run = load_run(Path(snakemake.input.model).parent)
    truth = load_truth(snakemake.input.truth) if snakemake.input.truth else None
    rows = run_rows(run, settings, truth)
    write_measurement(
        rows,
        snakemake.output.rows,
        task=snakemake.wildcards.task,
        seed=int(snakemake.wildcards.seed),
        settings=settings.model_dump(mode="json"),
        seconds=time.monotonic() - started,
    )
