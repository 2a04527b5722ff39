from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.evaluation.rows import reference_rows
    from nlot.ground_truth.truth import make_truth
    from nlot.provenance.files import write_csv

    experiment, made = parse_config(snakemake.config), snakemake.output
    truth = make_truth(experiment, snakemake.wildcards.problem, made.truth)
    write_csv(reference_rows(truth), made.rows)
