from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.metric_rows import load_data, metric_control_rows

    config, name = parse_config(snakemake.config), snakemake.wildcards.sequence
    sequence = config.sequences[name]
    with measuring(
        snakemake.output.rows, settings=sequence.model_dump(mode="json")
    ) as measured:
        for seed, samples in zip(config.seeds, snakemake.input.samples, strict=True):
            data = load_data(sequence, samples)
            for control in config.table2.controls:
                rows = metric_control_rows(config, name, control, seed, data)
                measured.add(name, seed, rows)
