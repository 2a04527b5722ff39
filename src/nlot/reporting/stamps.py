"""Provenance inside the files of figures: a text chunk of a PNG, the subject of a PDF.

It is JSON, in ASCII. The keys of a PDF are fixed; the subject is the closest.
"""

import json
import re
from pathlib import Path
from typing import Any

from PIL import Image

# By suffix, for Matplotlib. Without dates, so that the same figure is the same file.
_PLAIN: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None},
    ".png": {},
}
_KEYS = {".pdf": "Subject", ".png": "Provenance"}
# A PDF escapes what would end its strings early.
_SUBJECT = re.compile(rb"/Subject \(((?:[^()\\]|\\.)*)\)", re.DOTALL)


def metadata(suffix: str, provenance: Any) -> dict[str, Any]:
    """The metadata of a file that holds `provenance`, or none if that is None.

    Raises `ValueError` for a suffix other than `.pdf` and `.png`.
    """
    if suffix not in _PLAIN:
        raise ValueError(f"unknown format {suffix!r}; valid: {', '.join(_PLAIN)}")
    if provenance is None:
        return _PLAIN[suffix]
    return {**_PLAIN[suffix], _KEYS[suffix]: json.dumps(provenance)}


def read_stamp(path: str | Path) -> Any:
    """The provenance that a figure's file holds.

    Raises `ValueError` if it holds none.
    """
    path = Path(path)
    if path.suffix == ".png":
        with Image.open(path) as image:
            text = image.info.get(_KEYS[".png"])
    else:
        found = _SUBJECT.search(path.read_bytes())
        text = found and re.sub(rb"\\(.)", rb"\1", found[1]).decode("ascii")
    if text is None:
        raise ValueError(f"{path}: states no provenance")
    return json.loads(text)
