"""The files of a stored run: weights after a JSON header, history, given samples."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nlot.measures.empirical import Empirical
from nlot.provenance.files import whole_file
from nlot.training.checkpoints import serialised

KIND, FORMAT = "run", 4
MODEL, HISTORY, SAMPLES = "model.eqx", "history.csv", "samples.npz"


def write_run(
    folder: str | Path,
    header: Mapping[str, Any],
    networks: Any,
    history: list[dict[str, Any]],
    samples: Mapping[str, Any] | None = None,
) -> None:
    """Write a run to a folder, which is created if missing.

    **Arguments:** `header` is written as JSON; `samples` are the parts of the problem
    that were given from Python, of which samples are stored.
    """
    folder = Path(folder)
    arrays: dict[str, Any] = {}
    for name, part in (samples or {}).items():
        if isinstance(part, Empirical):
            arrays[name] = part.exact
            arrays[f"{name}_held_out"] = part.part_held_out
            if part.weights is not None:
                arrays[f"{name}_weights"] = np.asarray(part.weights)
    if arrays:
        with whole_file(folder / SAMPLES) as path:
            np.savez(path, **arrays)
    with whole_file(folder / HISTORY) as path:
        pd.DataFrame(history).to_csv(path, index=False)
    text, weights = json.dumps(header), serialised(networks)
    with whole_file(folder / MODEL) as path:
        path.write_bytes(text.encode() + b"\n" + weights)


def stored_samples(folder: str | Path) -> dict[str, Empirical]:
    """The samples in a run's folder, by the part of the problem that they are."""
    path = Path(folder, SAMPLES)
    if not path.is_file():
        return {}
    with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
        arrays = dict(file)
    return {
        name: Empirical(
            arrays[name],
            arrays.get(f"{name}_weights"),
            part_held_out=float(arrays[f"{name}_held_out"]),
        )
        for name in arrays
        if f"{name}_held_out" in arrays
    }
