from job import job

with job(snakemake):
    from pathlib import Path

    from nlot.config import parse_config
    from nlot.evaluation.rows import run_rows
    from nlot.files import write_csv
    from nlot.ground_truth.truth import load_truth
    from nlot.runs import load_run

    run = load_run(Path(snakemake.input.model).parent)
    truth = load_truth(snakemake.input.truth) if snakemake.input.truth else None
    rows = run_rows(run, parse_config(snakemake.config).evaluation, truth)
    write_csv(rows, snakemake.output.rows)
