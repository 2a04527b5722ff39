# Tables and figures from the measured rows and the trained runs.
FORMATS = ["csv", "md", "tex", "html"]
IMAGES = ["pdf", "png"]


rule table1:
    input:
        rows=rules.collect.output.rows,
    output:
        table=multiext(f"{RESULTS}/tables/table1", *[f".{f}" for f in FORMATS]),
        supplement=multiext(f"{RESULTS}/tables/supplement", *[f".{f}" for f in FORMATS]),
        truth=multiext(f"{RESULTS}/tables/ground_truth", *[f".{f}" for f in FORMATS]),
    log:
        f"{RESULTS}/logs/table1.log",
    conda:
        "../../environment.yml"
    params:
        table=settings(CONFIG.table1),
        code=[
            fingerprint("reporting.tables"),
            fingerprint("reporting.truth_tables"),
            fingerprint("reporting.writer"),
        ],
    message:
        "Writing Table 1, its supplement and the table of the ground truth"
    script:
        "../scripts/table1.py"


# Not part of `all`: what the ground truth depends on.
rule refinement:
    input:
        samples=sample_files,
    output:
        rows=f"{RESULTS}/refinement/{{task}}.csv",
    log:
        f"{RESULTS}/logs/refinement/{{task}}.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        task=lambda w: settings(CONFIG.tasks[w.task]),
        least_action=settings(CONFIG.evaluation.least_action),
        ground_truth=settings(CONFIG.evaluation.ground_truth),
        seed=CONFIG.seeds[0],
        code=fingerprint("ground_truth.refinement"),
    message:
        "Refining the optimal cost of {wildcards.task}"
    script:
        "../scripts/refinement.py"


rule refinement_table:
    input:
        expand(rules.refinement.output.rows, task=CONFIG.table1.tasks),
    output:
        multiext(f"{RESULTS}/tables/refinement", *[f".{f}" for f in FORMATS]),
    log:
        f"{RESULTS}/logs/refinement_table.log",
    conda:
        "../../environment.yml"
    params:
        code=[fingerprint("reporting.truth_tables"), fingerprint("reporting.writer")],
    message:
        "Writing what the optimal costs depend on"
    script:
        "../scripts/refinement_table.py"


rule transport_figure:
    input:
        models=figure_runs,
    output:
        multiext(f"{RESULTS}/figures/{{figure}}", *[f".{f}" for f in IMAGES]),
    log:
        f"{RESULTS}/logs/{{figure}}.log",
    wildcard_constraints:
        figure="figure1|figure2",
    conda:
        "../../environment.yml"
    params:
        section=lambda w: settings(getattr(CONFIG, w.figure)),
        code=fingerprint("reporting.figures"),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/transport_figure.py"


rule loss_figure:
    input:
        truths=expand(rules.ground_truth.output.truth, task=CONFIG.table1.tasks),
        models=expand(
            rules.train.output.model,
            task=CONFIG.table1.tasks,
            method=CONFIG.table1.methods,
            seed=CONFIG.seeds[0],
        ),
    output:
        multiext(f"{RESULTS}/figures/loss", *[f".{f}" for f in IMAGES]),
    log:
        f"{RESULTS}/logs/loss.log",
    conda:
        "../../environment.yml"
    params:
        table=settings(CONFIG.table1),
        code=fingerprint("reporting.loss_figure"),
    message:
        "Drawing where the maps lose against the optimal ones"
    script:
        "../scripts/loss_figure.py"


rule run_figures:
    input:
        model=rules.train.output.model,
        history=rules.train.output.history,
    output:
        maps=multiext(f"{RESULTS}/figures/maps/{RUN}", *[f".{f}" for f in IMAGES]),
        curves=multiext(f"{RESULTS}/figures/training/{RUN}", *[f".{f}" for f in IMAGES]),
    log:
        f"{RESULTS}/logs/figures/{RUN}.log",
    conda:
        "../../environment.yml"
    params:
        code=fingerprint("reporting.figures"),
    message:
        "Drawing the map and training curves of {wildcards.method} on {wildcards.task}"
    script:
        "../scripts/run_figures.py"


rule table2:
    input:
        rows=rules.collect_metrics.output.rows,
    output:
        table=multiext(f"{RESULTS}/tables/table2", *[f".{f}" for f in FORMATS]),
    log:
        f"{RESULTS}/logs/table2.log",
    conda:
        "../../environment.yml"
    params:
        table=settings(CONFIG.table2) if CONFIG.table2 else None,
        code=[fingerprint("reporting.table2"), fingerprint("reporting.writer")],
    message:
        "Writing Table 2"
    script:
        "../scripts/table2.py"


rule metric_figure:
    input:
        models=metric_figure_runs,
        samples=metric_figure_samples,
    output:
        multiext(f"{RESULTS}/figures/{{figure}}", *[f".{f}" for f in IMAGES]),
    log:
        f"{RESULTS}/logs/{{figure}}.log",
    wildcard_constraints:
        figure="figure3|figure4",
    conda:
        "../../environment.yml"
    params:
        section=lambda w: settings(getattr(CONFIG, w.figure)),
        code=fingerprint("reporting.metric_figures"),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/metric_figure.py"


rule metric_curves:
    input:
        history=rules.train_metric.output.history,
    output:
        multiext(
            f"{RESULTS}/figures/training_metrics/{METRIC_RUN}",
            *[f".{f}" for f in IMAGES],
        ),
    log:
        f"{RESULTS}/logs/figures/metrics/{METRIC_RUN}.log",
    conda:
        "../../environment.yml"
    params:
        code=fingerprint("reporting.figures"),
    message:
        "Drawing the training curves of {wildcards.learner} on {wildcards.sequence}"
    script:
        "../scripts/metric_curves.py"


rule tables:
    input:
        rules.table1.output,
        rules.table2.output if CONFIG.table2 else [],
    localrule: True


rule figures:
    input:
        expand(
            f"{RESULTS}/figures/{{figure}}.{{image}}",
            figure=["figure1", "figure2", "loss", *METRIC_FIGURES],
            image=IMAGES,
        ),
        expand(
            f"{RESULTS}/figures/{{kind}}/{{run}}.{{image}}",
            kind=["maps", "training"],
            run=RUNS,
            image=IMAGES,
        ),
        expand(
            f"{RESULTS}/figures/training_metrics/{{run}}.{{image}}",
            run=METRIC_RUNS,
            image=IMAGES,
        ),
    localrule: True
