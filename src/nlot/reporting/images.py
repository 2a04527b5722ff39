"""The images of the documentation: `python -m nlot.reporting.images results/default`.

Copies a preset's figures to docs/images/ (`make images`).
"""

import shutil
import sys
from pathlib import Path

from nlot.provenance.files import whole_file

# The figures that the documentation shows.
SHOWN = ("figure1", "figure2", "figure3", "figure4", "loss")


def write_images(results: Path, folder: Path) -> None:
    """Copy the figures of a preset, from its folder of results, to `folder`."""
    for name in SHOWN:
        with whole_file(folder / f"{name}.png") as path:
            shutil.copyfile(results / "figures" / f"{name}.png", path)


if __name__ == "__main__":
    write_images(Path(sys.argv[1]), Path("docs/images"))
