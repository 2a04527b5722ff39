import re

import numpy as np
import pandas as pd
import pytest

from nlot.reporting.layout import ABSENT, cell
from nlot.reporting.published import published_rows
from nlot.reporting.summary import RowsError, read_rows, summarise
from nlot.reporting.tables import supplementary_table, table1


def lookup(table, measure, method, task):
    """The one row of a table's data."""
    data = table.data
    chosen = (data["measure"] == measure) & (data["method"] == method)
    (row,) = data[chosen & (data["task"] == task)].itertuples()
    return row


def values(rows, **chosen):
    for column, value in chosen.items():
        rows = rows[rows[column] == value]
    return rows.sort_values("seed")["value"].to_numpy()


def change(config, **section):
    return config.model_copy(
        update={"table1": config.table1.model_copy(update=section)}
    )


def blocks(table):
    return {block.title: [row.label for row in block.rows] for block in table.blocks}


@pytest.mark.parametrize("measure", ["w2_paper", "w2_exact", "action"])
@pytest.mark.parametrize("task", ["box", "well"])
def test_mean_and_sample_deviation_over_seeds(rows, config, measure, task):
    row = lookup(table1(rows, published_rows(), config), measure, "nlot", task)
    found = values(rows, task=task, method="nlot", measure=measure)
    np.testing.assert_allclose(
        [row.mean, row.sd], [found.mean(), found.std(ddof=1)], rtol=1e-12
    )
    assert row.runs == len(config.seeds)


@pytest.mark.parametrize("suffix", ["", "_map"])
def test_excess_is_over_the_floor_of_the_same_seed(rows, config, suffix):
    table = supplementary_table(rows, published_rows(), config)
    row = lookup(table, f"w2_exact_excess{suffix}", "nlot", "box")
    own = values(rows, task="box", method="nlot", measure=f"w2_exact{suffix}")
    floor = values(rows, task="box", method="floor", measure="w2_exact")
    expected = [(own - floor).mean(), (own - floor).std(ddof=1)]
    np.testing.assert_allclose([row.mean, row.sd], expected, rtol=1e-12)


def test_order_of_rows_does_not_matter(rows, config):
    shuffled = rows.sample(frac=1, random_state=0)
    for make in (table1, supplementary_table):
        first = make(rows, published_rows(), config)
        second = make(shuffled, published_rows(), config)
        assert first.blocks == second.blocks
        assert first.caption == second.caption


@pytest.mark.parametrize("make", [table1, supplementary_table])
def test_rows_of_sequences_are_left_out(rows, all_rows, config, make):
    found = make(all_rows, published_rows(), config)
    expected = make(rows, published_rows(), config)
    assert found.columns == expected.columns
    assert found.blocks == expected.blocks
    assert found.caption == expected.caption


def test_rows_and_columns_are_those_of_the_configuration(rows, config):
    table = table1(rows, published_rows(), config)
    assert table.columns == ("well", "box")
    found = blocks(table)
    assert [labels[:2] for labels in found.values()] == [["NLOT+", "NLOT"]] * 5
    compared = [labels for labels in found.values() if "Noise floor" in labels]
    assert len(compared) == 3, "an excess over the floor or an action has no floor"

    fewer = change(config, tasks=("box",), methods=("nlot",), controls=("floor",))
    table = table1(rows, published_rows(), fewer)
    assert table.columns == ("box",)
    assert not any("NLOT+" in labels for labels in blocks(table).values())


def test_without_a_floor_there_is_no_excess(rows, config):
    config = change(config, controls=("translation",))
    rows = rows[rows["method"] != "floor"]
    table = table1(rows, published_rows(), config)
    assert not any("excess" in title for title in blocks(table))
    assert "floor" not in table.caption


def test_published_rows_are_marked_and_keep_their_digits(rows, config):
    table = table1(rows, published_rows(), config)
    first, *others = table.blocks
    printed = {row.label: row for row in first.rows if "published" in row.label}
    assert set(printed) == {
        "NLOT, published",
        "NLSB (stochastic), published",
        "NLSB (expected), published",
    }
    published = published_rows()
    published = published[published["table"] == 1]
    expected = published.set_index(["method", "task"]).loc["published_nlot"]
    cells = dict(zip(table.columns, printed["NLOT, published"].cells, strict=True))
    for task, text in cells.items():
        row = expected.loc[task]
        assert text == f"{row['value']:.1f} ± {row['sd']:.1f}"
    assert not any("published" in row.label for b in others for row in b.rows)
    assert all(source in table.caption for source in expected["source"])


def test_a_task_without_published_value_has_an_empty_cell(rows, config):
    rows = rows.replace({"task": {"well": "free"}})
    table = table1(rows, published_rows(), change(config, tasks=("free", "box")))
    cells = {row.label: row.cells for row in table.blocks[0].rows}
    assert cells["NLOT, published"][0] == ABSENT
    assert cells["NLOT"][0] != ABSENT


def test_supplement_shows_the_error_of_maps_where_it_is_known(rows, config):
    """A task without a closed form has an empty cell, and without any no block."""
    part = rows[
        rows["measure"].isin(["action", "action_map"]) & (rows["task"] == "well")
    ]
    errors = part.assign(measure=part["measure"].str.replace("action", "map_error"))
    more = pd.concat([rows, errors], ignore_index=True)
    table = supplementary_table(more, published_rows(), config)
    title = f"Error of the map in percent, n = {config.evaluation.action.points}"
    block = {block.title: block for block in table.blocks}[title]
    assert [row.label for row in block.rows] == [
        "NLOT+",
        "NLOT",
        "NLOT, network map",
        "Translation",
    ]
    assert table.columns[:2] == ("well", "box")
    assert all(row.cells[1] == ABSENT for row in block.rows)
    assert not any(row.cells[0] == ABSENT for row in block.rows)
    assert "Error of the map: root mean square" in table.caption
    without = supplementary_table(rows, published_rows(), config)
    assert "Error of the map" not in without.caption
    assert title not in {block.title for block in without.blocks}


def test_supplement_has_every_measure_and_task(rows, config):
    extra = rows[(rows["task"] == "box") & (rows["seed"] == 1)]
    extra = extra.replace({"task": {"box": "circle"}})
    other = extra[extra["measure"] == "action"].assign(measure="smoothness")
    rows = pd.concat([rows, extra, other])
    table = supplementary_table(rows, published_rows(), config)
    assert table.columns == ("well", "box", "circle")
    shown = set(table.data["measure"])
    assert shown >= {*rows["measure"], "minutes", "smoothness"}
    (title,) = (title for title in blocks(table) if "minutes" in title)
    assert blocks(table)[title] == ["NLOT+", "NLOT"]
    assert lookup(table, "minutes", "nlot", "box").mean == 2.5
    # One seed there, three elsewhere.
    assert table.blocks[0].rows[0].runs == "1–3"
    assert "NLOT, network map" in blocks(table)[table.blocks[0].title]


@pytest.mark.parametrize("method", ["nlot", "floor", "translation"])
def test_missing_rows_are_named(rows, config, method):
    gone = (rows["task"] == "box") & (rows["method"] == method) & (rows["seed"] == 1)
    gone &= rows["measure"] == "w2_exact"
    with pytest.raises(RowsError, match=f"missing.*: box {method} 1 w2_exact$"):
        table1(rows[~gone], published_rows(), config)


def test_many_missing_rows_are_counted(rows, config):
    with pytest.raises(RowsError, match=r"well nlot_plus 3 w2_paper;.* and \d+ more"):
        table1(rows[rows["method"] == "floor"], published_rows(), config)


def test_doubled_rows_are_refused(rows, config):
    with pytest.raises(RowsError, match=r"doubled.*: well nlot_plus 3 w2_paper"):
        table1(pd.concat([rows, rows.head(1)]), published_rows(), config)


def test_rows_measured_with_other_settings_are_refused(rows, config):
    rows = rows.assign(n=rows["n"].where(rows["measure"] != "w2_paper", 99))
    with pytest.raises(RowsError, match=r"another n .*w2_paper"):
        table1(rows, published_rows(), config)


def test_other_seeds_are_left_out(rows, config):
    strange = rows.assign(seed=rows["seed"] + 10, value=1e6)
    expected = table1(rows, published_rows(), config)
    found = table1(pd.concat([rows, strange]), published_rows(), config)
    assert found.blocks == expected.blocks


def test_a_single_seed_has_no_deviation(rows, config):
    config = config.model_copy(update={"seeds": (1,)})
    table = table1(rows, published_rows(), config)
    ours = [r for b in table.blocks for r in b.rows if "published" not in r.label]
    assert all(re.fullmatch(r"-?\d+\.\d+", c) for row in ours for c in row.cells)
    assert {row.runs for row in ours} == {"1"}
    assert "Values of seed 1." in table.caption


def test_captions_state_the_settings_in_use(rows, config):
    e = config.evaluation
    for make in (table1, supplementary_table):
        caption = make(rows, published_rows(), config).caption
        for words in (
            "seeds 3, 1, 2",
            "preset tiny",
            f"ε = {e.paper.epsilon} between {e.paper.points} samples",
            f"mean over {e.paper.draws} independent draws",
            f"between {e.exact.points} samples",
            f"between {e.divergence.points} samples",
            f"over {e.action.points} evenly spread points",
        ):
            assert words in caption


@pytest.mark.parametrize(
    "mean, sd, digits, text",
    [
        (1.6049, 0.0551, 2, "1.60 ± 0.06"),
        (-0.0004, 0.0, 3, "0.000 ± 0.000"),
        (-0.0012, np.nan, 3, "-0.001"),
        (np.nan, np.nan, np.nan, ABSENT),
    ],
)
def test_cells(mean, sd, digits, text):
    assert cell(mean, sd, digits) == text


def test_rows_survive_their_file(rows, tmp_path):
    rows.to_csv(tmp_path / "rows.csv", index=False)
    pd.testing.assert_frame_equal(
        summarise(read_rows(tmp_path / "rows.csv")), summarise(rows)
    )


def test_a_file_without_the_columns_is_refused(rows, tmp_path):
    rows.drop(columns=["seed", "n"]).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(RowsError, match=r"rows\.csv: no column seed, n"):
        read_rows(tmp_path / "rows.csv")
