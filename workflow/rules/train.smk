# One job per run. Jobs that others wait for come first: otherwise a long job that
# starts last leaves cores idle.


rule train:
    input:
        given=lambda w: given_files(w.problem),
        data=lambda w: generated(w.problem, w.seed),
    output:
        model=f"{RESULTS}/runs/{RUN}/model.eqx",
        history=f"{RESULTS}/runs/{RUN}/history.csv",
    log:
        f"{RESULTS}/logs/train/{RUN}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{RUN}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: CONFIG.resources.threads
    resources:
        mem_mb=grows(CONFIG.resources.memory_mb),
        runtime=grows(CONFIG.resources.runtime),
        gpu=CONFIG.resources.gpu,
    params:
        # What a run depends on: it is retrained if any of these change.
        problem=lambda w: settings(CONFIG.problems[w.problem], exclude=COMPARED),
        method=lambda w: settings(CONFIG.method(w.method, w.problem)),
        code=lambda w: training_code(CONFIG, w.problem, w.method),
    message:
        "Training {wildcards.method} on {wildcards.problem}, seed {wildcards.seed}"
    script:
        "../scripts/train.py"
