# Looks at all samples and settings before the first job, so that none fails for them.
from nlot.measures.files import SampleError, check_age
from snakemake.exceptions import WorkflowError

try:
    CONFIG.check()
    for name, problem in CONFIG.problems.items():
        if not problem.generated:
            problem.load()
        for path in problem.files:
            check_age(path)
except (SampleError, ValueError) as error:
    raise WorkflowError(str(error)) from None
