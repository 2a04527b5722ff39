# Looks at all samples and settings before the first job, so that none fails for them.
from nlot.methods.scarvelis_solomon.train import split
from nlot.config import ConfigError
from nlot.measures.files import SampleError, check_age
from nlot.measures.sequences import load_sequence
from nlot.problems.transport import build_task
from snakemake.exceptions import WorkflowError

try:
    for task in sorted({task for task, _, _ in CONFIG.runs()}):
        build_task(CONFIG.tasks[task])
        for measure in (CONFIG.tasks[task].source, CONFIG.tasks[task].target):
            if measure.kind == "samples":
                check_age(measure.path)
    for sequence, learner, _ in CONFIG.metric_runs():
        data = CONFIG.sequences[sequence].data
        settings = CONFIG.learner(learner, sequence)
        if data.kind == "samples":
            samples = load_sequence(data, data.path)
            check_age(data.path)
            if settings.kind == "scarvelis_solomon":
                split(samples, settings.groups)
except (ConfigError, SampleError) as error:
    raise WorkflowError(str(error)) from None
