from job import job

with job(snakemake):
    import time

    import pandas as pd

    from nlot.config import parse_config
    from nlot.evaluation.measurement import write_measurement
    from nlot.evaluation.metric_rows import load_data, metric_control_rows

    started = time.monotonic()
    config = parse_config(snakemake.config)
    name, seed = snakemake.wildcards.sequence, int(snakemake.wildcards.seed)
    data = load_data(config.sequences[name], snakemake.input.samples)
    rows = [
        metric_control_rows(config, name, control, seed, data)
        for control in config.table2.controls
    ]
    write_measurement(
        pd.concat(rows, ignore_index=True),
        snakemake.output.rows,
        task=name,
        seed=seed,
        settings=config.sequences[name].model_dump(mode="json"),
        seconds=time.monotonic() - started,
    )
