"""The pictures of the documents, from a preset's figures: `make images`.

`python -m nlot.reporting.images results/default` writes them to docs/images/, small
enough for a page that is read on a telephone.
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image

from nlot.provenance.files import whole_file

# The figures that documents show, and their width in pixels.
SHOWN = ("figure1", "figure2", "figure3", "figure4", "loss")
_WIDTH = 1000


def small(path: str | Path, width: int = _WIDTH) -> bytes:
    """A picture as a PNG of 64 opaque colours, no wider than `width` pixels."""
    made = BytesIO()
    with Image.open(path) as image:
        shown = image.convert("RGB")
    shown.thumbnail((width, shown.height), Image.Resampling.LANCZOS)
    shown.quantize(64).save(made, "PNG", optimize=True)
    return made.getvalue()


def write_images(results: Path, folder: Path) -> None:
    """Write the figures in a preset's folder of results, made small, to `folder`."""
    for name in SHOWN:
        data = small(results / "figures" / f"{name}.png")
        with whole_file(folder / f"{name}.png") as path:
            path.write_bytes(data)


if __name__ == "__main__":
    write_images(Path(sys.argv[1]), Path("docs/images"))
