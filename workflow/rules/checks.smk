# Checks all samples and settings before the first job, so that no job fails on them.
from nlot.measures.files import SampleError, check_age
from snakemake.exceptions import WorkflowError

try:
    CONFIG.check()
    used = {n: CONFIG.problems[n] for n in CONFIG.used()}
    loaded = {n: p.load() for n, p in used.items() if not p.generated}
    for path in given_files(*used):
        check_age(path)
    for name, method, _ in CONFIG.runs():
        if name in loaded:
            CONFIG.check_data(method, name, loaded[name])
except (SampleError, ValueError) as error:
    raise WorkflowError(str(error)) from None
