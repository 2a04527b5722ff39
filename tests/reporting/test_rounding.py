"""How means change with the rounding, next to the means."""

import numpy as np
import pandas as pd
import pytest

from nlot.reporting.rounding import rounding_table


@pytest.mark.parametrize("name", ["table1", "table2"])
def test_changes_are_those_of_the_same_seeds(rows: pd.DataFrame, preset, name) -> None:
    """Values of two of three seeds, all higher by a quarter."""
    methods = preset.tables[name].methods
    others = rows[rows["method"].isin(methods) & (rows["seed"] != 2)]
    others = others.assign(value=others["value"] + 0.25)
    table = rounding_table(rows, others, name, preset)
    data = table.data
    assert set(data["method"]) == set(methods)
    assert set(data["measure"]) <= set(preset.tables[name].measures) - {"minutes"}
    np.testing.assert_allclose(data["change"], 0.25)
    assert (data["runs"] == 2).all()
    cells = table.shown[[*preset.tables[name].problems]].to_numpy().ravel()
    assert all(text.endswith(")") and "(+0.2" in text for text in cells if text != "–")
