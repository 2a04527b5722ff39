# Samples of measures in time, where they are not given: one file a seed.


rule generate:
    output:
        samples=f"{RESULTS}/data/{{sequence}}/seed_{{seed}}.npz",
    log:
        f"{RESULTS}/logs/data/{{sequence}}/seed_{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/{{sequence}}/seed_{{seed}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        data=lambda w: settings(CONFIG.sequences[w.sequence].data),
        code=fingerprint("datasets.trajectories"),
    message:
        "Generating the data of {wildcards.sequence}, seed {wildcards.seed}"
    script:
        "../scripts/generate.py"
