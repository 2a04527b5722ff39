# Figures from the trained runs and their histories.


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
        code=[fingerprint("reporting.figures"), fingerprint("provenance.records")],
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
        code=[fingerprint("reporting.loss_figure"), fingerprint("provenance.records")],
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
            code=[fingerprint("reporting.figures"), fingerprint("provenance.records")],
        message:
            f"Drawing the maps and training curves of {METHOD}"
        script:
            "../scripts/run_figures.py"


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
        sequences=drawn_sequences,
        caption=figure_caption,
        code=[
            fingerprint("reporting.metric_figures"),
            fingerprint("provenance.records"),
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
            code=[fingerprint("reporting.figures"), fingerprint("provenance.records")],
        message:
            f"Drawing the training curves of {LEARNER}"
        script:
            "../scripts/metric_curves.py"


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
