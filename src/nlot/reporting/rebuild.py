"""Makes anew all that is made of the committed rows: `make tables`.

Nothing is trained or measured. Tables and the page of claims go to
results/reference/tables/, those in documents between their markers.
"""

import sys
from pathlib import Path

from nlot.config import load_config
from nlot.provenance.files import whole_file
from nlot.reporting.claims_page import write_claims
from nlot.reporting.documents import (
    REFERENCE,
    filled,
    reference_claims,
    reference_provenance,
    reference_tables,
)
from nlot.reporting.writer import FORMATS, write_table


def rebuild(root: Path) -> list[Path]:
    """Write it all, in the repository at `root`; the files that were written."""
    folder = root / REFERENCE / "tables"
    tables, groups = reference_tables(root), reference_claims(root)
    written = []
    for name, table in tables.items():
        for kind in FORMATS:
            written.append(folder / f"{name}.{kind}")
            write_table(table, written[-1])
    config = load_config(root / "config" / "config.yaml")
    written.append(folder / "claims.html")
    write_claims(groups, config, written[-1], {}, reference_provenance(root))
    for name, text in filled(root, tables, groups).items():
        written.append(root / name)
        with whole_file(written[-1]) as path:
            path.write_text(text, encoding="utf-8")
    return written


if __name__ == "__main__":
    for path in rebuild(Path()):
        sys.stdout.write(f"{path}\n")
