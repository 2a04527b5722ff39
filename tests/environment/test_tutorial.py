"""The tutorial runs as it stands, and what it says of the result holds."""

import re
from pathlib import Path

import numpy as np
import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(python|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DISC = 0.5


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for language, text in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
        if language == "yaml":
            Path("disc.yaml").write_text(text, encoding="utf-8")
        else:
            exec(compile(text, TUTORIAL, "exec"), names)
    paths, x, y = (np.asarray(names[name]) for name in ("paths", "x", "y"))
    np.testing.assert_allclose(paths[:, 0], x, atol=1e-5)
    np.testing.assert_allclose(paths[:, -1], y, atol=1e-5)
    # Round the disc: none of the paths is deep in it halfway.
    assert np.linalg.norm(paths[:, 2], axis=1).min() > 0.8 * DISC
    assert (np.asarray(names["cost"]) > names["straight"]).all()
