from job import job

with job(snakemake):
    import yaml

    from nlot.provenance.files import whole_file

    with whole_file(snakemake.output[0]) as path:
        settings = snakemake.params.settings
        path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
