# Jobs that a killed run left in Slurm's queue would later overwrite this run's results.
import re
import shutil
import subprocess

# The executor names the jobs of a run by a UUID.
RUN_ID = re.compile(r"(.*_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def leftovers():
    """Numbers of the jobs that a run of this folder has in the queue."""
    if not shutil.which("squeue"):
        return []
    command = ["squeue", "--me", "--noheader", "--format=%A %j %Z"]
    found = subprocess.run(command, capture_output=True, text=True)
    jobs = [line.split(maxsplit=2) for line in found.stdout.splitlines()]
    here = workflow.workdir_init
    return [job for job, name, at in jobs if at == here and RUN_ID.fullmatch(name)]


onstart:
    if jobs := leftovers():
        raise WorkflowError(
            "Slurm has jobs of another run of this folder, which would overwrite this "
            f"run's results. If that run is dead, cancel them: scancel {' '.join(jobs)}"
        )
