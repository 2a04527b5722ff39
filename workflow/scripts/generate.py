from job import job

with job(snakemake):
    import os

    # Checks that can raise keep a program out of the cache, and the particles' ODEs
    # would be compiled for every seed. A NaN, which ends the job as well, does not.
    os.environ["EQX_ON_ERROR"] = "nan"

    from nlot.config import parse_config
    from nlot.networks.velocity_fields import make_data

    name, seed = snakemake.wildcards.sequence, int(snakemake.wildcards.seed)
    config = parse_config(snakemake.config).sequences[name].data
    make_data(config, name, seed, snakemake.output.samples)
