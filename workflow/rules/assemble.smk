# Tables and figures from the measured rows and the trained runs.


rule table1:
    input:
        rows=rules.collect.output.rows,
        record=rules.collect.output.record,
    output:
        table=in_formats(
            f"{RESULTS}/tables/table1",
            FORMATS,
            "html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "Table 1"},
        ),
        supplement=in_formats(
            f"{RESULTS}/tables/supplement",
            FORMATS,
            "html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "All measures of all tasks"},
        ),
        truth=in_formats(
            f"{RESULTS}/tables/ground_truth",
            FORMATS,
            "html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "Maps against the ground truth"},
        ),
        bounds=in_formats(
            f"{RESULTS}/tables/bounds",
            FORMATS,
            "html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "Every run against bounds on the optimal cost"},
        ),
    log:
        f"{RESULTS}/logs/table1.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table1.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        table=settings(CONFIG.table1),
        about=about(CONFIG.table1.tasks),
        training=report_captions.table1_training(CONFIG),
        code=[
            fingerprint("reporting.tables"),
            fingerprint("reporting.truth_tables"),
            fingerprint("reporting.bounds_table"),
            fingerprint("reporting.statement"),
            fingerprint("reporting.writer"),
        ],
    message:
        "Writing Table 1, its supplement and the tables of the ground truth"
    script:
        "../scripts/table1.py"


# Not part of `all`: what the ground truth depends on.
rule refinement:
    input:
        samples=sample_files,
    output:
        rows=f"{RESULTS}/refinement/{{task}}.csv",
        record=f"{RESULTS}/refinement/{{task}}.json",
    log:
        f"{RESULTS}/logs/refinement/{{task}}.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(4000),
        runtime=grows(120),
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
        rows=expand(rules.refinement.output.rows, task=CONFIG.table1.tasks),
        records=expand(rules.refinement.output.record, task=CONFIG.table1.tasks),
    output:
        multiext(f"{RESULTS}/tables/refinement", *[f".{f}" for f in FORMATS]),
    log:
        f"{RESULTS}/logs/refinement_table.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        code=[
            fingerprint("reporting.truth_tables"),
            fingerprint("reporting.statement"),
            fingerprint("reporting.writer"),
        ],
    message:
        "Writing what the optimal costs depend on"
    script:
        "../scripts/refinement_table.py"


rule transport_figure:
    input:
        models=figure_runs,
    output:
        in_formats(
            f"{RESULTS}/figures/{{figure}}",
            IMAGES,
            "png",
            caption="../report/transport_figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/{{figure}}.tsv"
    wildcard_constraints:
        figure="figure1|figure2",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        section=lambda w: settings(getattr(CONFIG, w.figure)),
        caption=figure_caption,
        code=[fingerprint("reporting.figures"), fingerprint("reporting.records")],
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
        in_formats(
            f"{RESULTS}/figures/loss",
            IMAGES,
            "png",
            caption="../report/loss_figure.rst",
            category="Figures",
            labels={"figure": "loss against the ground truth"},
        ),
    log:
        f"{RESULTS}/logs/loss.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/loss.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        table=settings(CONFIG.table1),
        about=about(CONFIG.table1.tasks),
        training=report_captions.table1_training(CONFIG),
        code=[fingerprint("reporting.loss_figure"), fingerprint("reporting.records")],
    message:
        "Drawing where the maps lose against the optimal ones"
    script:
        "../scripts/loss_figure.py"


# One job for all runs of a method: to start one takes longer than to draw a figure.
for METHOD in dict.fromkeys(method for _, method, _ in CONFIG.runs()):
    MINE = [run for run in CONFIG.runs() if run[1] == METHOD]
    PATHS = [RUN.format(task=t, method=m, seed=s) for t, m, s in MINE]
    MAP = {"caption": "../report/map.rst", "category": "Maps"}
    CURVES = {"caption": "../report/curves.rst", "category": "Training"}

    rule:
        name:
            f"run_figures_{METHOD}"
        input:
            models=expand(f"{RESULTS}/runs/{{run}}/model.eqx", run=PATHS),
            histories=expand(f"{RESULTS}/runs/{{run}}/history.csv", run=PATHS),
        output:
            maps_pdf=expand(f"{RESULTS}/figures/maps/{{run}}.pdf", run=PATHS),
            maps_png=shown_images("maps", RUN, MINE, **MAP),
            curves_pdf=expand(f"{RESULTS}/figures/training/{{run}}.pdf", run=PATHS),
            curves_png=shown_images("training", RUN, MINE, **CURVES),
        log:
            f"{RESULTS}/logs/figures/{METHOD}.log",
        benchmark:
            f"{RESULTS}/benchmarks/figures/runs/{METHOD}.tsv"
        conda:
            "../../environment.yml"
        resources:
            mem_mb=grows(2000),
            runtime=grows(30),
        params:
            training=report_captions.methods_training(
                CONFIG, [METHOD], dict.fromkeys(task for task, _, _ in MINE)
            ),
            code=[fingerprint("reporting.figures"), fingerprint("reporting.records")],
        message:
            f"Drawing the maps and training curves of {METHOD}"
        script:
            "../scripts/run_figures.py"


rule table2:
    input:
        rows=rules.collect_metrics.output.rows,
        record=rules.collect_metrics.output.record,
    output:
        table=in_formats(
            f"{RESULTS}/tables/table2",
            FORMATS,
            "html",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "Table 2"},
        ),
    log:
        f"{RESULTS}/logs/table2.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/table2.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        table=settings(CONFIG.table2) if CONFIG.table2 else None,
        about=about(CONFIG.table2.sequences) if CONFIG.table2 else None,
        training=report_captions.table2_training(CONFIG),
        code=[
            fingerprint("reporting.table2"),
            fingerprint("reporting.statement"),
            fingerprint("reporting.writer"),
        ],
    message:
        "Writing Table 2"
    script:
        "../scripts/table2.py"


rule metric_figure:
    input:
        models=metric_figure_runs,
        samples=metric_figure_samples,
    output:
        in_formats(
            f"{RESULTS}/figures/{{figure}}",
            IMAGES,
            "png",
            caption="../report/metric_figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/{{figure}}.tsv"
    wildcard_constraints:
        figure="figure3|figure4",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        section=lambda w: settings(getattr(CONFIG, w.figure)),
        caption=figure_caption,
        code=[
            fingerprint("reporting.metric_figures"),
            fingerprint("reporting.records"),
        ],
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/metric_figure.py"


for LEARNER in dict.fromkeys(learner for _, learner, _ in CONFIG.metric_runs()):
    MINE = [run for run in CONFIG.metric_runs() if run[1] == LEARNER]
    PATHS = [METRIC_RUN.format(sequence=s, learner=m, seed=i) for s, m, i in MINE]

    rule:
        name:
            f"metric_curves_{LEARNER}"
        input:
            models=expand(f"{RESULTS}/metrics/{{run}}/model.eqx", run=PATHS),
            histories=expand(f"{RESULTS}/metrics/{{run}}/history.csv", run=PATHS),
        output:
            pdf=expand(f"{RESULTS}/figures/training_metrics/{{run}}.pdf", run=PATHS),
            png=shown_images("training_metrics", METRIC_RUN, MINE, **CURVES),
        log:
            f"{RESULTS}/logs/figures/metrics/{LEARNER}.log",
        benchmark:
            f"{RESULTS}/benchmarks/figures/metrics/{LEARNER}.tsv"
        conda:
            "../../environment.yml"
        resources:
            mem_mb=grows(2000),
            runtime=grows(30),
        params:
            training=report_captions.learners_training(
                CONFIG, [LEARNER], dict.fromkeys(sequence for sequence, _, _ in MINE)
            ),
            code=[fingerprint("reporting.figures"), fingerprint("reporting.records")],
        message:
            f"Drawing the training curves of {LEARNER}"
        script:
            "../scripts/metric_curves.py"


rule claims:
    input:
        rows=rules.collect.output.rows,
        record=rules.collect.output.record,
        metric_rows=rules.collect_metrics.output.rows if METRIC_RUNS else [],
        metric_record=rules.collect_metrics.output.record if METRIC_RUNS else [],
        figures=expand(
            f"{RESULTS}/figures/{{figure}}.png",
            figure=["figure1", "figure2", *METRIC_FIGURES],
        ),
    output:
        in_formats(
            f"{RESULTS}/claims",
            ["md", "html"],
            "html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"page": "What was printed, and what came out here"},
        ),
    log:
        f"{RESULTS}/logs/claims.log",
    benchmark:
        f"{RESULTS}/benchmarks/claims.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        preset=CONFIG.preset,
        seeds=CONFIG.seeds,
        code=[
            fingerprint("reporting.claims_page"),
            fingerprint("reporting.statement"),
        ],
    message:
        "Comparing every number and statement of the paper with ours"
    script:
        "../scripts/claims.py"


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
