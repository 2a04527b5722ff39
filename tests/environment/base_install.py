"""Solves, saves, loads and evaluates with the package at the path in argv.

Run by `test_wheel.py` without site-packages, in a folder with a preset and samples.
"""

import sys

import numpy as np

import nlot
from nlot.evaluation.rows import run_rows

assert nlot.__file__.startswith(sys.argv[1]), nlot.__file__
x, y = (np.load(f"{name}.npz")["samples"] for name in ("before", "after"))
experiment = nlot.load_config("mine.yaml")
settings = experiment.methods["nlot_plus"].model_dump(exclude={"kind"})

solved = nlot.solve(x, y, method="nlot_plus", settings=settings)
solved.save("solved")
trained = nlot.train(experiment, "mine", "nlot_plus", folder="trained")

for run, folder in ((solved, "solved"), (trained, "trained")):
    again = nlot.load(folder)
    assert again.header["provenance"]["commit"] is None
    images = np.asarray(again.transport(x))
    assert images.shape == x.shape and np.isfinite(images).all()
    np.testing.assert_array_equal(images, run.transport(x))
    ends = np.asarray(again.path(x, [0.0, 1.0]))
    np.testing.assert_allclose(ends[:, 0], x, atol=1e-5)
    np.testing.assert_allclose(ends[:, 1], images, atol=1e-5)

rows = run_rows(trained, experiment).set_index("measure")["value"]
assert np.isfinite(rows["w2_exact"])

try:
    import nlot.reporting
except ModuleNotFoundError as error:
    assert "install nlot[plots]" in str(error), error
else:
    raise AssertionError("no extra is here, and nlot.reporting does not say so")
