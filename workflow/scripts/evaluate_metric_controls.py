from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.measurement import measuring
    from nlot.evaluation.metric_rows import load_data, metric_control_rows

    config = parse_config(snakemake.config)
    name, seed = snakemake.wildcards.sequence, int(snakemake.wildcards.seed)
    sequence = config.sequences[name]
    with measuring(
        snakemake.output.rows,
        task=name,
        seed=seed,
        settings=sequence.model_dump(mode="json"),
    ) as rows:
        data = load_data(sequence, snakemake.input.samples)
        for control in config.table2.controls:
            rows.append(metric_control_rows(config, name, control, seed, data))
