# One job a run: (task, method, seed). What others wait for comes first: else a long job
# that starts last leaves cores without work.


rule train:
    input:
        samples=sample_files,
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
    threads: 1
    resources:
        mem_mb=grows(CONFIG.resources.memory_mb),
        runtime=grows(CONFIG.resources.runtime),
        gpu=CONFIG.resources.gpu,
    params:
        # What a run depends on: change any of these and it is trained anew.
        task=lambda w: settings(CONFIG.tasks[w.task]),
        method=lambda w: settings(CONFIG.method(w.method, w.task)),
        code=lambda w: fingerprint(TRAINED_BY[CONFIG.methods[w.method].kind]),
    message:
        "Training {wildcards.method} on {wildcards.task}, seed {wildcards.seed}"
    script:
        "../scripts/train.py"


rule train_metric:
    input:
        samples=sequence_samples,
    output:
        model=f"{RESULTS}/metrics/{METRIC_RUN}/model.eqx",
        history=f"{RESULTS}/metrics/{METRIC_RUN}/history.csv",
    log:
        f"{RESULTS}/logs/train_metric/{METRIC_RUN}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_metric/{METRIC_RUN}.tsv"
    priority: 1
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(CONFIG.resources.memory_mb),
        runtime=grows(CONFIG.resources.runtime),
        gpu=CONFIG.resources.gpu,
    params:
        learner=lambda w: settings(CONFIG.learner(w.learner, w.sequence)),
        code=lambda w: fingerprint(LEARNED_BY[CONFIG.learners[w.learner].kind]),
    message:
        "Learning the metric of {wildcards.sequence} with {wildcards.learner}, "
        "seed {wildcards.seed}"
    script:
        "../scripts/train_metric.py"
