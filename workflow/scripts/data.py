from job import job

with job(snakemake):
    import os

    # Checks that can raise keep a program out of the cache, and the particles' ODEs
    # would be compiled for every seed. A NaN, which ends the job as well, does not.
    os.environ["EQX_ON_ERROR"] = "nan"

    from nlot.config import parse_config
    from nlot.runs.data import make_data

    names = snakemake.wildcards
    experiment = parse_config(snakemake.config)
    make_data(experiment, names.problem, int(names.seed), snakemake.output[0])
