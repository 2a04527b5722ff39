from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.metric_rows import load_data, metric_rows
    from nlot.metric_runs import load_metric_run

    name = snakemake.wildcards.sequence
    sequence = parse_config(snakemake.config).sequences[name]
    with measuring(
        snakemake.output.rows,
        task=name,
        seed=int(snakemake.wildcards.seed),
        settings=sequence.model_dump(mode="json"),
    ) as rows:
        run = load_metric_run(Path(snakemake.input.model).parent)
        data = load_data(sequence, snakemake.input.samples)
        rows.append(metric_rows(run, sequence, data))
