# All runs and controls are measured on the same draws. Rows (.csv) come with their
# provenance (.json). One job measures all seeds: starting a job and compiling take
# about as long as measuring a run.


rule evaluate:
    input:
        models=lambda w: expand(rules.train.output.model, seed=run_seeds(w), **w),
        truths=lambda w: truths_of([w.problem]),
        data=lambda w: all_generated([w.problem], run_seeds(w)),
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
        problems=lambda w: {w.problem: settings(CONFIG.problems[w.problem])},
        seeds=lambda w: run_seeds(w),
        evaluation=settings(CONFIG.evaluation),
        code=lambda w: evaluation_code(CONFIG, w.problem, w.method),
    message:
        "Measuring {wildcards.method} on {wildcards.problem}"
    script:
        "../scripts/evaluate.py"


use rule evaluate as evaluate_controls with:
    input:
        truths=lambda w: truths_of(CONTROLS[w.control]),
        data=lambda w: all_generated(CONTROLS[w.control], CONTROL_SEEDS[w.control]),
        given=lambda w: given_files(*CONTROLS[w.control]),
    output:
        rows=f"{RESULTS}/evaluation/controls/{{control}}.csv",
        record=f"{RESULTS}/evaluation/controls/{{control}}.json",
    log:
        f"{RESULTS}/logs/evaluate/controls/{{control}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate/controls/{{control}}.tsv"
    params:
        problems=lambda w: {
            p: settings(CONFIG.problems[p]) for p in CONTROLS[w.control]
        },
        seeds=lambda w: list(CONTROL_SEEDS[w.control]),
        evaluation=settings(CONFIG.evaluation),
        code=lambda w: controls_code(CONFIG, CONTROLS[w.control]),
    message:
        "Measuring the control {wildcards.control}"


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
