# Samples of measures in time, where they are not given: one file a seed.


rule generate:
    output:
        samples=f"{RESULTS}/data/{{sequence}}/seed_{{seed}}.npz",
    log:
        f"{RESULTS}/logs/data/{{sequence}}/seed_{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/{{sequence}}/seed_{{seed}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        data=lambda w: settings(CONFIG.sequences[w.sequence].data),
        code=fingerprint("networks.velocity_fields"),
    message:
        "Generating the data of {wildcards.sequence}, seed {wildcards.seed}"
    script:
        "../scripts/generate.py"


# What is known about the optimal map of a task, for the maps to be compared with.
rule ground_truth:
    input:
        samples=sample_files,
    output:
        truth=f"{RESULTS}/ground_truth/{{task}}.npz",
        rows=f"{RESULTS}/ground_truth/{{task}}.csv",
    log:
        f"{RESULTS}/logs/ground_truth/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ground_truth/{{task}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(4000),
        runtime=grows(60),
    params:
        task=lambda w: settings(CONFIG.tasks[w.task]),
        least_action=settings(CONFIG.evaluation.least_action),
        ground_truth=settings(CONFIG.evaluation.ground_truth),
        seed=CONFIG.seeds[0],
        code=fingerprint("ground_truth.truth"),
    message:
        "Finding the optimal coupling of {wildcards.task}, and bounds on its cost"
    script:
        "../scripts/ground_truth.py"
