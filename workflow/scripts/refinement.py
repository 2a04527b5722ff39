from job import job

with job(snakemake):
    import time

    from nlot.config import parse_config
    from nlot.evaluation.measurement import write_provenance
    from nlot.files import write_csv
    from nlot.ground_truth.refinement import refinement
    from nlot.provenance import provenance
    from nlot.tasks import build_task

    started = time.monotonic()
    config, name = parse_config(snakemake.config), snakemake.wildcards.task
    rows = refinement(
        name,
        build_task(config.tasks[name]),
        config.evaluation,
        config.seeds[0],
        lambda line: print(line, flush=True),
    )
    settings = [
        config.tasks[name].model_dump(mode="json"),
        config.evaluation.model_dump(mode="json"),
    ]
    made = provenance(settings, config.seeds[0], time.monotonic() - started)
    header = {"task": name, "provenance": made}
    write_provenance(header, ["refinement"], snakemake.output.rows)
    write_csv(rows, snakemake.output.rows)
