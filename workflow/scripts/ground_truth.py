from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.ground_truth.truth import make_truth, reference_rows
    from nlot.provenance.files import write_csv

    config, out = parse_config(snakemake.config), snakemake.output
    truth = make_truth(config, snakemake.wildcards.task, out.truth)
    write_csv(reference_rows(truth), out.rows)
