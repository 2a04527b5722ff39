# Every run and every control is measured on the same draws. Beside rows (.csv) stands
# where they come from (.json). One job measures all seeds: to start one and to compile
# what it needs takes about as long as to measure a run.


rule evaluate:
    input:
        models=measured_models,
        truth=truth_file,
        samples=sample_files,
    output:
        rows=f"{RESULTS}/evaluation/{{task}}/{{method}}.csv",
        record=f"{RESULTS}/evaluation/{{task}}/{{method}}.json",
    log:
        f"{RESULTS}/logs/evaluate/{{task}}/{{method}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{task}}/{{method}}.tsv"
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
        "Measuring {wildcards.method} on {wildcards.task}"
    script:
        "../scripts/evaluate.py"


rule evaluate_controls:
    input:
        truths=expand(rules.ground_truth.output.truth, task=CONFIG.table1.tasks),
        samples=sample_files_of(*CONFIG.table1.tasks),
    output:
        rows=f"{RESULTS}/evaluation/controls/{{control}}.csv",
        record=f"{RESULTS}/evaluation/controls/{{control}}.json",
    log:
        f"{RESULTS}/logs/evaluate/controls/{{control}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/controls/{{control}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        tasks=[settings(CONFIG.tasks[task]) for task in CONFIG.table1.tasks],
        seeds=CONFIG.seeds,
        evaluation=settings(CONFIG.evaluation),
        code=fingerprint("evaluation.rows"),
    message:
        "Measuring the control {wildcards.control} on all tasks"
    script:
        "../scripts/evaluate_controls.py"


rule evaluate_metric:
    input:
        models=measured_metrics,
        samples=measured_metrics_samples,
    output:
        rows=f"{RESULTS}/evaluation/metrics/{{sequence}}/{{learner}}.csv",
        record=f"{RESULTS}/evaluation/metrics/{{sequence}}/{{learner}}.json",
    log:
        f"{RESULTS}/logs/evaluate_metric/{{sequence}}/{{learner}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_metric/{{sequence}}/{{learner}}.tsv"
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
        "Measuring the metrics of {wildcards.sequence} by {wildcards.learner}"
    script:
        "../scripts/evaluate_metric.py"


rule evaluate_metric_controls:
    input:
        samples=lambda w: [samples_of(w.sequence, seed) for seed in CONFIG.seeds],
    output:
        rows=f"{RESULTS}/evaluation/metrics/{{sequence}}/controls.csv",
        record=f"{RESULTS}/evaluation/metrics/{{sequence}}/controls.json",
    log:
        f"{RESULTS}/logs/evaluate_metric/{{sequence}}/controls.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_metric/{{sequence}}/controls.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        truth=lambda w: settings(CONFIG.sequences[w.sequence]),
        seeds=CONFIG.seeds,
        controls=CONFIG.table2.controls if CONFIG.table2 else (),
        code=fingerprint("evaluation.metric_rows"),
    message:
        "Measuring the controls on {wildcards.sequence}"
    script:
        "../scripts/evaluate_metric_controls.py"


rule collect_metrics:
    input:
        models=expand(f"{RESULTS}/metrics/{{run}}/model.eqx", run=METRIC_RUNS),
        runs=expand(
            f"{RESULTS}/evaluation/metrics/{{measured}}.{{kind}}",
            measured=METRICS_MEASURED,
            kind=["csv", "json"],
        ),
        controls=expand(
            rules.evaluate_metric_controls.output,
            sequence=(
                CONFIG.table2.sequences
                if CONFIG.table2 and CONFIG.table2.controls
                else ()
            ),
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
        code=fingerprint("provenance.records"),
    message:
        "Collecting the measured rows of learned metrics"
    script:
        "../scripts/collect.py"


rule collect:
    input:
        models=expand(f"{RESULTS}/runs/{{run}}/model.eqx", run=RUNS),
        runs=expand(
            f"{RESULTS}/evaluation/{{measured}}.{{kind}}",
            measured=MEASURED,
            kind=["csv", "json"],
        ),
        controls=expand(
            rules.evaluate_controls.output,
            control=CONFIG.table1.controls,
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
        code=fingerprint("provenance.records"),
    message:
        "Collecting the measured rows"
    script:
        "../scripts/collect.py"
