# Tables and claims from the measured rows.


rule table:
    input:
        lambda w: measured(CONFIG.tables[w.table]),
    output:
        in_formats(
            f"{RESULTS}/tables/{{table}}",
            FORMATS,
            "html",
            caption="../report/table.rst",
            category="Tables",
            labels=titled("table", CONFIG.tables),
        ),
    log:
        f"{RESULTS}/logs/tables/{{table}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables/{{table}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        table=lambda w: settings(CONFIG.tables[w.table]),
        code=fingerprint(
            "nlot.reporting.collection",
            "nlot.reporting.statement",
            "nlot.reporting.tables",
        ),
    message:
        "Writing table {wildcards.table}"
    script:
        "../scripts/table.py"


rule claims:
    input:
        rows=rules.collect.output.rows,
        record=rules.collect.output.record,
        figures=expand(f"{RESULTS}/figures/{{figure}}.png", figure=CONFIG.figures),
    output:
        in_formats(
            f"{RESULTS}/claims/{{paper}}",
            ["md", "html"],
            "html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"page": "What {paper} printed, and what came out here"},
        ),
    log:
        f"{RESULTS}/logs/claims/{{paper}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/claims/{{paper}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(2000),
        runtime=grows(10),
    params:
        preset=CONFIG.preset,
        seeds=CONFIG.seeds,
        problems={name: settings(p) for name, p in CONFIG.problems.items()},
        code=fingerprint("nlot.reporting.claims_page", "nlot.reporting.statement"),
    message:
        "Comparing every number and statement of {wildcards.paper} with ours"
    script:
        "../scripts/claims.py"


# All settings in use, for the report.
rule preset:
    output:
        report(
            f"{RESULTS}/preset.yaml",
            caption="../report/preset.rst",
            category="Settings",
            labels={"preset": CONFIG.preset},
        ),
    log:
        f"{RESULTS}/logs/preset.log",
    benchmark:
        f"{RESULTS}/benchmarks/collect/preset.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=grows(1000),
        runtime=grows(10),
    params:
        settings=settings(CONFIG),
    message:
        "Writing all settings"
    script:
        "../scripts/preset.py"


# Not part of `all`: how the ground truth depends on its settings.
rule refinement:
    input:
        lambda w: given_files(w.problem),
    output:
        rows=f"{RESULTS}/refinement/{{problem}}.csv",
        record=f"{RESULTS}/refinement/{{problem}}.json",
    log:
        f"{RESULTS}/logs/refinement/{{problem}}.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=grows(4000),
        runtime=grows(120),
    params:
        problem=lambda w: settings(CONFIG.problems[w.problem], exclude=COMPARED),
        least_action=settings(CONFIG.evaluation.least_action),
        ground_truth=settings(CONFIG.evaluation.ground_truth),
        seed=CONFIG.seeds[0],
        code=lambda w: fingerprint(
            "nlot.ground_truth.refinement", *modules_of(CONFIG.problems[w.problem])
        ),
    message:
        "Refining the optimal cost of {wildcards.problem}"
    script:
        "../scripts/refinement.py"


rule refinement_table:
    input:
        expand(rules.refinement.output, problem=REFINED),
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
        code=fingerprint(
            "nlot.reporting.collection",
            "nlot.reporting.statement",
            "nlot.reporting.truth_tables",
        ),
    message:
        "Writing the table of refined optimal costs"
    script:
        "../scripts/refinement_table.py"


rule tables:
    input:
        expand(rules.table.output, table=CONFIG.tables),
    localrule: True
