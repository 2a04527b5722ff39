"""Makes anew all that is made of the committed rows: `make tables`.

Nothing is trained or measured. Tables and pages of claims go to
results/reference/tables/, those in documents between their markers.
"""

import sys
from pathlib import Path

from nlot.provenance.files import whole_file
from nlot.reporting.claims_page import write_claims
from nlot.reporting.documents import (
    REFERENCE,
    filled,
    reference_claims,
    reference_tables,
)
from nlot.reporting.writer import FORMATS, write_table


def rebuild(root: Path) -> list[Path]:
    """Write it all, in the repository at `root`; the files that were written."""
    folder = root / REFERENCE / "tables"
    tables, pages = reference_tables(root), reference_claims(root)
    written = []
    for name, table in tables.items():
        for kind in FORMATS:
            written.append(folder / f"{name}.{kind}")
            write_table(table, written[-1])
    for paper, (claims, provenance) in pages.items():
        written.append(folder / f"claims_{paper}.html")
        write_claims(claims, written[-1], {}, provenance)
    for name, text in filled(root, tables, pages).items():
        written.append(root / name)
        with whole_file(written[-1]) as path:
            path.write_text(text, encoding="utf-8")
    return written


if __name__ == "__main__":
    for path in rebuild(Path()):
        sys.stdout.write(f"{path}\n")
