# All runs and controls are measured on the same draws. Rows (.csv) come with their
# provenance (.json). One job measures all seeds, or all controls: starting a job and
# compiling take about as long as measuring a run. Each problem has its own: a table
# waits for none but those that it shows.


rule evaluate:
    input:
        models=lambda w: expand(rules.train.output.model, seed=measured_seeds(w), **w),
        truths=lambda w: truths_of([w.problem]),
        data=lambda w: all_generated([w.problem], measured_seeds(w)),
        given=lambda w: given_files(w.problem),
    output:
        rows=f"{RESULTS}/evaluation/{{problem}}/{{method}}.csv",
        record=f"{RESULTS}/evaluation/{{problem}}/{{method}}.json",
    log:
        f"{RESULTS}/logs/evaluate/{{problem}}/{{method}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/{{problem}}/{{method}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        problem=lambda w: settings(CONFIG.problems[w.problem]),
        seeds=lambda w: measured_seeds(w),
        evaluation=settings(CONFIG.evaluation),
        code=lambda w: evaluation_code(CONFIG, w.problem, w.method),
    message:
        "Measuring {wildcards.method} on {wildcards.problem}"
    script:
        "../scripts/evaluate.py"


use rule evaluate as evaluate_controls with:
    input:
        truths=lambda w: truths_of([w.problem]),
        data=lambda w: all_generated([w.problem], measured_seeds(w)),
        given=lambda w: given_files(w.problem),
    output:
        rows=f"{RESULTS}/evaluation/controls/{{problem}}.csv",
        record=f"{RESULTS}/evaluation/controls/{{problem}}.json",
    log:
        f"{RESULTS}/logs/evaluate/controls/{{problem}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/controls/{{problem}}.tsv"
    params:
        problem=lambda w: settings(CONFIG.problems[w.problem]),
        seeds=lambda w: measured_seeds(w),
        controls=lambda w: controls_of(w.problem),
        evaluation=settings(CONFIG.evaluation),
        code=lambda w: controls_code(CONFIG, w.problem),
    message:
        "Measuring the controls on {wildcards.problem}"


rule collect:
    input:
        measured(*CONFIG.tables.values()),
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
        code=fingerprint("nlot.reporting.collection"),
    message:
        "Collecting the measured rows"
    script:
        "../scripts/collect.py"
