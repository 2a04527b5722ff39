from job import job

with job(snakemake):
    import time
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.measurement import write_measurement
    from nlot.evaluation.metric_rows import load_data, metric_rows
    from nlot.metric_runs import load_metric_run

    started, name = time.monotonic(), snakemake.wildcards.sequence
    sequence = parse_config(snakemake.config).sequences[name]
    run = load_metric_run(Path(snakemake.input.model).parent)
    data = load_data(sequence, snakemake.input.samples)
    write_measurement(
        metric_rows(run, sequence, data),
        snakemake.output.rows,
        task=name,
        seed=int(snakemake.wildcards.seed),
        settings=sequence.model_dump(mode="json"),
        seconds=time.monotonic() - started,
    )
