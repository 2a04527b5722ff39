# Tables and figures of a preset: `snakemake --cores all` makes those of config/config.yaml,
# `--configfile config/NAME.yaml` those of another.


if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/leftovers.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        rules.preset.output,
        rules.collect.output if CONFIG.tables else [],
        rules.tables.input,
        rules.figures.input,
        expand(rules.claims.output, paper=CONFIG.papers()),
    localrule: True
