# Jobs that come before all runs: generated data, and ground truths.


rule data:
    input:
        lambda w: given_files(w.problem),
    output:
        f"{RESULTS}/data/{{problem}}/seed_{{seed}}.npz",
    log:
        f"{RESULTS}/logs/data/{{problem}}/seed_{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/data/{{problem}}/seed_{{seed}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        data=lambda w: settings(CONFIG.problems[w.problem].data),
        code=lambda w: fingerprint(
            "nlot.runs.data", *modules_of(CONFIG.problems[w.problem].data)
        ),
    message:
        "Generating the data of {wildcards.problem}, seed {wildcards.seed}"
    script:
        "../scripts/data.py"


# Exact costs and bounds, with which a problem's maps are compared.
rule ground_truth:
    input:
        lambda w: given_files(w.problem),
    output:
        truth=f"{RESULTS}/ground_truth/{{problem}}.npz",
        rows=f"{RESULTS}/ground_truth/{{problem}}.csv",
    log:
        f"{RESULTS}/logs/ground_truth/{{problem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ground_truth/{{problem}}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=truth_memory,
        runtime=grows(60),
    params:
        problem=lambda w: settings(CONFIG.problems[w.problem], exclude=COMPARED),
        least_action=settings(CONFIG.evaluation.least_action),
        ground_truth=settings(CONFIG.evaluation.ground_truth),
        matching=settings(CONFIG.evaluation.matching),
        seed=CONFIG.seeds[0],
        matched=lambda w: matched_seeds(w.problem),
        code=lambda w: fingerprint(
            "nlot.ground_truth.truth", *modules_of(CONFIG.problems[w.problem])
        ),
    message:
        "Finding the optimal coupling of {wildcards.problem}, and bounds on its cost"
    script:
        "../scripts/ground_truth.py"
