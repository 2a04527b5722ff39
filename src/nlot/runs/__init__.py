"""Methods trained on problems: the job, the folder, and what opens it."""
