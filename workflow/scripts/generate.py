from job import job

with job(snakemake):
    from nlot.config import parse_config
    from nlot.datasets.trajectories import make_data

    name, seed = snakemake.wildcards.sequence, int(snakemake.wildcards.seed)
    config = parse_config(snakemake.config).sequences[name].data
    make_data(config, name, seed, snakemake.output.samples)
