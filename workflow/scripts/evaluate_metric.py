from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.metric_rows import load_data, metric_rows
    from nlot.runs.metric import load_metric_run

    name = snakemake.wildcards.sequence
    sequence = parse_config(snakemake.config).sequences[name]
    with measuring(
        snakemake.output.rows, settings=sequence.model_dump(mode="json")
    ) as measured:
        for model, samples in zip(
            snakemake.input.models, snakemake.input.samples, strict=True
        ):
            run = load_metric_run(Path(model).parent)
            data = load_data(sequence, samples)
            seed = run.header["provenance"]["seed"]
            measured.add(name, seed, metric_rows(run, sequence, data))
