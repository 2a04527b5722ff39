# Tables and claims from the measured rows.


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
