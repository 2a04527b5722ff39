# Figures from the trained runs and their histories.


rule figure:
    input:
        models=lambda w: figure_models(CONFIG.figures[w.figure]),
        data=lambda w: figure_data(CONFIG.figures[w.figure]),
        given=lambda w: given_files(*CONFIG.figures[w.figure].problems),
        truths=lambda w: figure_truths(CONFIG.figures[w.figure]),
    output:
        in_formats(
            f"{RESULTS}/figures/{{figure}}",
            IMAGES,
            "png",
            caption="../report/figure.rst",
            category="Figures",
            labels=titled("figure", CONFIG.figures),
        ),
    log:
        f"{RESULTS}/logs/figures/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures/{{figure}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(30),
    params:
        figure=lambda w: settings(CONFIG.figures[w.figure]),
        # Drawn with their obstacles, grids and true metrics.
        problems=lambda w: [
            settings(CONFIG.problems[p]) for p in CONFIG.figures[w.figure].problems
        ],
        seed=lambda w: CONFIG.seed_of(CONFIG.figures[w.figure]),
        code=fingerprint("nlot.reporting.drawing", "nlot.provenance.records"),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/figure.py"


# One job for all runs of a method: starting a job takes longer than drawing a figure.
DRAWN = dict.fromkeys(method for _, method, _ in CONFIG.runs())
for METHOD in DRAWN:
    MINE = [run for run in CONFIG.runs() if run[1] == METHOD]
    SETTINGS = CONFIG.methods[METHOD]
    # Maps are drawn between measures, which can be sampled.
    MAPPING = "map" in SETTINGS.capabilities and "transport" in SETTINGS.problems
    MAPS = MINE if MAPPING else []

    rule:
        name:
            f"run_figures_{METHOD}"
        input:
            models=run_files(f"{RESULTS}/runs/{RUN}/model.eqx", MINE),
            histories=run_files(f"{RESULTS}/runs/{RUN}/history.csv", MINE),
        output:
            maps_pdf=run_files(f"{RESULTS}/figures/maps/{RUN}.pdf", MAPS),
            maps_png=shown_images("maps", MAPS, "../report/map.rst"),
            curves_pdf=run_files(f"{RESULTS}/figures/training/{RUN}.pdf", MINE),
            curves_png=shown_images("training", MINE, "../report/curves.rst"),
        log:
            f"{RESULTS}/logs/figures/runs/{METHOD}.log",
        benchmark:
            f"{RESULTS}/benchmarks/figures/runs/{METHOD}.tsv"
        conda:
            "../../environment.yml"
        resources:
            mem_mb=grows(2000),
            runtime=grows(30),
        params:
            code=fingerprint("nlot.reporting.figures", "nlot.provenance.records"),
        message:
            f"Drawing the maps and training curves of {METHOD}"
        script:
            "../scripts/run_figures.py"


rule figures:
    input:
        expand(
            f"{RESULTS}/figures/{{figure}}.{{image}}",
            figure=CONFIG.figures,
            image=IMAGES,
        ),
        *[getattr(rules, f"run_figures_{method}").output for method in DRAWN],
    localrule: True
