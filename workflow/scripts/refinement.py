from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.files import write_csv
    from nlot.ground_truth.refinement import refinement
    from nlot.tasks import build_task

    config, name = parse_config(snakemake.config), snakemake.wildcards.task
    rows = refinement(
        name,
        build_task(config.tasks[name]),
        config.evaluation,
        config.seeds[0],
        lambda line: print(line, flush=True),
    )
    write_csv(rows, snakemake.output.rows)
