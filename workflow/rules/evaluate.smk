# Every run and every control is measured on the same draws. Beside rows (.csv) stands
# where they come from (.json).


rule evaluate:
    input:
        model=rules.train.output.model,
        truth=truth_file,
        samples=sample_files,
    output:
        rows=f"{RESULTS}/evaluation/{RUN}.csv",
        record=f"{RESULTS}/evaluation/{RUN}.json",
    log:
        f"{RESULTS}/logs/evaluate/{RUN}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{RUN}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        evaluation=settings(CONFIG.evaluation),
        code=fingerprint("evaluation.rows"),
    message:
        "Measuring {wildcards.method} on {wildcards.task}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate.py"


rule evaluate_controls:
    input:
        truth=truth_file,
        samples=sample_files,
    output:
        rows=f"{RESULTS}/evaluation/{{task}}/controls/seed_{{seed}}.csv",
        record=f"{RESULTS}/evaluation/{{task}}/controls/seed_{{seed}}.json",
    log:
        f"{RESULTS}/logs/evaluate/{{task}}/controls/seed_{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{task}}/controls/seed_{{seed}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        task=lambda w: settings(CONFIG.tasks[w.task]),
        controls=CONFIG.table1.controls,
        evaluation=settings(CONFIG.evaluation),
        code=fingerprint("evaluation.rows"),
    message:
        "Measuring the controls on {wildcards.task}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_controls.py"


rule evaluate_metric:
    input:
        model=rules.train_metric.output.model,
        samples=sequence_samples,
    output:
        rows=f"{RESULTS}/evaluation/metrics/{METRIC_RUN}.csv",
        record=f"{RESULTS}/evaluation/metrics/{METRIC_RUN}.json",
    log:
        f"{RESULTS}/logs/evaluate_metric/{METRIC_RUN}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_metric/{METRIC_RUN}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        truth=lambda w: settings(CONFIG.sequences[w.sequence]),
        code=fingerprint("evaluation.metric_rows"),
    message:
        "Measuring the metric of {wildcards.sequence} by {wildcards.learner}, "
        "seed {wildcards.seed}"
    script:
        "../scripts/evaluate_metric.py"


rule evaluate_metric_controls:
    input:
        samples=sequence_samples,
    output:
        rows=f"{RESULTS}/evaluation/metrics/{{sequence}}/controls/seed_{{seed}}.csv",
        record=f"{RESULTS}/evaluation/metrics/{{sequence}}/controls/seed_{{seed}}.json",
    log:
        f"{RESULTS}/logs/evaluate_metric/{{sequence}}/controls/seed_{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_metric/{{sequence}}/controls/seed_{{seed}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        truth=lambda w: settings(CONFIG.sequences[w.sequence]),
        controls=CONFIG.table2.controls if CONFIG.table2 else (),
        code=fingerprint("evaluation.metric_rows"),
    message:
        "Measuring the controls on {wildcards.sequence}, seed {wildcards.seed}"
    script:
        "../scripts/evaluate_metric_controls.py"


rule collect_metrics:
    input:
        models=expand(f"{RESULTS}/metrics/{{run}}/model.eqx", run=METRIC_RUNS),
        runs=expand(
            f"{RESULTS}/evaluation/metrics/{{run}}.{{kind}}",
            run=METRIC_RUNS,
            kind=["csv", "json"],
        ),
        controls=expand(
            rules.evaluate_metric_controls.output,
            sequence=(
                CONFIG.table2.sequences
                if CONFIG.table2 and CONFIG.table2.controls
                else ()
            ),
            seed=CONFIG.seeds,
        ),
    output:
        rows=f"{RESULTS}/metric_rows.csv",
        record=f"{RESULTS}/metric_rows.json",
    log:
        f"{RESULTS}/logs/collect_metrics.log",
    benchmark:
        f"{RESULTS}/benchmarks/collect/collect_metrics.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        code=fingerprint("reporting.records"),
    message:
        "Collecting the measured rows of learned metrics"
    script:
        "../scripts/collect.py"


rule collect:
    input:
        models=expand(f"{RESULTS}/runs/{{run}}/model.eqx", run=RUNS),
        runs=expand(
            f"{RESULTS}/evaluation/{{run}}.{{kind}}",
            run=RUNS,
            kind=["csv", "json"],
        ),
        controls=expand(
            rules.evaluate_controls.output,
            task=CONFIG.table1.tasks if CONFIG.table1.controls else (),
            seed=CONFIG.seeds,
        ),
        truths=expand(rules.ground_truth.output, task=CONFIG.table1.tasks),
        metrics=rules.collect_metrics.output.rows if METRIC_RUNS else [],
    output:
        rows=f"{RESULTS}/rows.csv",
        record=f"{RESULTS}/rows.json",
    log:
        f"{RESULTS}/logs/collect.log",
    benchmark:
        f"{RESULTS}/benchmarks/collect/collect.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        code=fingerprint("reporting.records"),
    message:
        "Collecting the measured rows"
    script:
        "../scripts/collect.py"
