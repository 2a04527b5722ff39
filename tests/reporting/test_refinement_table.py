import pandas as pd

from nlot.ground_truth.refinement import COLUMNS
from nlot.reporting.refinement_table import refinement_table
from nlot.reporting.writer import render


def test_refinements_are_written_in_every_format(preset):
    rows = pd.DataFrame(
        [
            ("well", "base", 4.69, 0.0),
            ("well", "64 segments", 4.68, -0.2132),
            ("box", "base", 2.7, 0.0),
            ("box", "64 segments", 2.7003, 0.0111),
        ],
        columns=list(COLUMNS),
    )
    table = refinement_table(rows, preset)
    lines = {
        row.label: dict(zip(table.columns, row.cells, strict=True))
        for row in table.blocks[0].rows
    }
    assert lines["64 segments"] == {
        "well": "4.6800 (-0.213 %)",
        "box": "2.7003 (+0.011 %)",
    }
    for kind in ("csv", "md", "tex", "html"):
        assert "64 segments" in render(table, kind)
    assert "-0.2132" in render(table, "csv")
