"""The images of the documentation: `make images`.

Copies figures of presets, from folders in results/ where they are, to docs/images/, and
draws there what the code on pages draws.
"""

import contextlib
import re
import runpy
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nlot.provenance.files import whole_file
from nlot.reporting.reference import suffix_of

# The figures that the documentation shows, by preset.
SHOWN = {
    "record": ("figure1", "figure2", "figure3", "figure4", "loss"),
    "density": ("figure1", "figure4", "figure5"),
    "costs": ("strips", "turns", "random_images", "structure"),
    "obstacles": ("paths",),
    "spheres": ("paths",),
    "lidar": ("paths",),
    "populations": ("predictions", "journeys"),
}
# The pages whose code draws the image of the same name.
PAGES = ("own-samples", "own-obstacle", "own-metric", "cells-in-time")
_BLOCK = re.compile(r"^```(python|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def write_images(results: Path, folder: Path) -> None:
    """Copy the figures of a preset, from its folder of results, to `folder`."""
    for name in SHOWN[results.name]:
        with whole_file(folder / f"{name}{suffix_of(results)}.png") as path:
            shutil.copyfile(results / "figures" / f"{name}.png", path)


def run_page(page: Path, folder: Path) -> dict[str, Any]:
    """Run the code on a page in a folder, and write its files there.

    Blocks of YAML are files, named in a comment on their first line. Returns the names
    that the Python blocks define.
    """
    code = folder / f"{page.stem}.py"
    with contextlib.chdir(folder), code.open("w", encoding="utf-8") as script:
        for language, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
            if language == "yaml":
                Path(text.split()[1]).write_text(text, encoding="utf-8")
            else:
                script.write(text)
        script.flush()
        return runpy.run_path(str(code))


def draw_pages(docs: Path) -> None:
    """Run the pages in `docs`, and keep the images that they draw in docs/images."""
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            run_page((docs / f"{page}.md").resolve(), Path(folder))
            with whole_file(docs / "images" / f"{page}.png") as path:
                shutil.copyfile(Path(folder, f"{page}.png"), path)


if __name__ == "__main__":
    for preset in SHOWN:
        if Path("results", preset).is_dir():
            write_images(Path("results", preset), Path("docs/images"))
    draw_pages(Path("docs"))
