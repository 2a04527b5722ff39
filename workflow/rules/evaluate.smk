# Every run and every control is measured on the same draws.


rule evaluate:
    input:
        model=rules.train.output.model,
        samples=sample_files,
    output:
        rows=f"{RESULTS}/evaluation/{RUN}.csv",
    log:
        f"{RESULTS}/logs/evaluate/{RUN}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{RUN}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        evaluation=settings(CONFIG.evaluation),
        code=fingerprint("evaluation.rows"),
    message:
        "Measuring {wildcards.method} on {wildcards.task}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate.py"


rule evaluate_controls:
    input:
        samples=sample_files,
    output:
        rows=f"{RESULTS}/evaluation/{{task}}/controls/seed_{{seed}}.csv",
    log:
        f"{RESULTS}/logs/evaluate/{{task}}/controls/seed_{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{task}}/controls/seed_{{seed}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        task=lambda w: settings(CONFIG.tasks[w.task]),
        controls=CONFIG.table1.controls,
        evaluation=settings(CONFIG.evaluation),
        code=fingerprint("evaluation.rows"),
    message:
        "Measuring the controls on {wildcards.task}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_controls.py"


rule collect:
    input:
        runs=expand(
            f"{RESULTS}/evaluation/{{run}}.csv",
            run=RUNS,
        ),
        controls=expand(
            rules.evaluate_controls.output.rows,
            task=CONFIG.table1.tasks,
            seed=CONFIG.seeds,
        ),
    output:
        rows=f"{RESULTS}/rows.csv",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        "../../environment.yml"
    message:
        "Collecting the measured rows"
    script:
        "../scripts/collect.py"
