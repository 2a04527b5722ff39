import re

import numpy as np
import pandas as pd
import pytest

from nlot import papers
from nlot.config import merge, parse_config
from nlot.evaluation import CONTROLS
from nlot.evaluation.rows import rows_table
from nlot.reporting.labels import measure_title
from nlot.reporting.summary import RowsError, read_rows, summarise
from nlot.reporting.table import ABSENT, cell
from nlot.reporting.tables import table

PRINTED = "Pooladian et al. (UAI 2024)"


def lookup(made, measure, method, problem):
    """The one row of a table's data."""
    data = made.data[made.data["source"] == "measured"]
    chosen = (data["measure"] == measure) & (data["method"] == method)
    (row,) = data[chosen & (data["problem"] == problem)].itertuples()
    return row


def values(rows, **chosen):
    for column, value in chosen.items():
        rows = rows[rows[column] == value]
    return rows.sort_values("seed")["value"].to_numpy()


def change(preset, name, **entry):
    """The preset with keys of a table replaced."""
    raw = merge(preset.model_dump(mode="json"), {"tables": {name: entry}})
    return parse_config(raw)


def blocks(made):
    """The labels of the lines of each block."""
    return {title: list(lines.index) for title, lines in made.blocks}


def cells(made, title):
    """By label: the cells of a block, by column."""
    return dict(made.blocks)[title][[*made.columns]].to_dict("index")


@pytest.mark.parametrize("measure", ["w2_paper", "w2_exact", "action"])
@pytest.mark.parametrize("problem", ["box", "well"])
def test_mean_and_sample_deviation_over_seeds(rows, preset, measure, problem):
    row = lookup(table(rows, "table1", preset), measure, "nlot", problem)
    found = values(rows, problem=problem, method="nlot", measure=measure)
    np.testing.assert_allclose(
        [row.mean, row.sd], [found.mean(), found.std(ddof=1)], rtol=1e-12
    )
    assert row.runs == len(preset.seeds)


@pytest.mark.parametrize("method", ["nlot", "nlot_network_map"])
def test_excess_is_over_the_floor_of_the_same_seed(rows, preset, method):
    made = table(rows, "supplement", preset)
    row = lookup(made, "w2_exact_excess", method, "box")
    own = values(rows, problem="box", method=method, measure="w2_exact")
    floor = values(rows, problem="box", method="floor", measure="w2_exact")
    expected = [(own - floor).mean(), (own - floor).std(ddof=1)]
    np.testing.assert_allclose([row.mean, row.sd], expected, rtol=1e-12)


def test_an_excess_needs_no_row_of_the_floor_in_the_table(rows, preset):
    fewer = change(preset, "table1", controls=["translation"])
    made, whole = table(rows, "table1", fewer), table(rows, "table1", preset)
    titles = [title for title in blocks(made) if "excess" in title]
    assert titles
    assert (
        cells(made, titles[0])["Translation"]
        == (cells(whole, titles[0])["Translation"])
    )
    assert not any("Noise floor" in labels for labels in blocks(made).values())


@pytest.mark.parametrize("name", ["table1", "supplement", "table2"])
def test_order_of_rows_does_not_matter(rows, preset, name):
    first = table(rows, name, preset)
    second = table(rows.sample(frac=1, random_state=0), name, preset)
    pd.testing.assert_frame_equal(first.shown, second.shown)
    assert first.caption == second.caption


@pytest.mark.parametrize("name", ["table1", "table2"])
def test_rows_of_other_problems_and_seeds_are_left_out(rows, preset, name):
    entry = preset.tables[name]
    own = rows[rows["problem"].isin(entry.problems)]
    strange = rows.assign(seed=rows["seed"] + 10, value=1e6)
    found = table(pd.concat([rows, strange]), name, preset)
    pd.testing.assert_frame_equal(found.shown, table(own, name, preset).shown)


def test_rows_and_columns_are_those_of_the_entry(rows, preset):
    made = table(rows, "table1", preset)
    assert made.columns == ("well", "box")
    found = blocks(made)
    assert len(found) == 4
    assert all(ls[:2] == ["NLOT (plus)", "NLOT"] for ls in found.values())
    compared = [labels for labels in found.values() if "Noise floor" in labels]
    assert len(compared) == 2, "an excess over the floor or an action has no floor"

    fewer = change(
        preset, "table1", problems=["box"], methods=["nlot"], controls=["floor"]
    )
    made = table(rows, "table1", fewer)
    assert made.columns == ("box",)
    assert not any("NLOT (plus)" in labels for labels in blocks(made).values())


def test_metrics_come_in_the_order_of_the_entry(rows, preset):
    made = table(rows, "table2", preset)
    assert made.columns == ("x_paths", "given", "circle_released")
    metrics = ["True metric", "Random metric", "Euclidean metric"]
    learned, oracle = ["Metric NLOT+", "Metric NLOT"], "Nearest particle (oracle)"
    printed = [f"Metric NLOT, {PRINTED}", f"Scarvelis and Solomon, {PRINTED}"]
    assert list(blocks(made).values()) == [
        [*learned, *metrics, *printed],
        [*learned, *metrics],
        [*learned, "True metric", "Euclidean metric", oracle],
        [*learned, "True metric", "Euclidean metric", oracle],
        learned,
    ]


def test_a_measure_of_held_out_times_has_a_block_for_each(raw_sequences):
    """In the order of the times, though only the measure is named."""
    data = {"kind": "samples", "path": "given.npz", "times": [0, 1, 2.5, 3]}
    problem = {"kind": "sequence", "data": data, "held_out_times": [2.5, 1]}
    controls = ["held_out_floor", "ot_midpoint"]
    entry = {"problems": ["mine"], "controls": controls}
    tables = {"all": entry, "w1": {**entry, "measures": ["held_out_w1"]}}
    more = {"problems": {"mine": problem}, "tables": tables, "figures": {}}
    more["seeds"] = [0]
    preset = parse_config({**raw_sequences, **more})
    values = {
        f"held_out_w{power}@{time:g}": (power * time, 40)
        for power in (1, 2)
        for time in (2.5, 1.0)
    }
    rows = pd.concat(
        rows_table("mine", c, 0, values, minutes=np.nan, device="cpu") for c in controls
    )
    titles = [
        f"{distance} at the held-out time {time:g}, n = 40"
        for distance in ("W₁", "W₂")
        for time in (2.5, 1.0)
    ]
    labels = ["Noise floor (two halves)", "OT midpoint"]
    assert blocks(table(rows, "all", preset)) == dict.fromkeys(titles, labels)
    made = table(rows, "w1", preset)
    assert blocks(made) == dict.fromkeys(titles[:2], labels)
    assert cells(made, titles[1])["OT midpoint"] == {"mine": "1.000"}
    assert made.caption.count("W₁, W₂ at a held-out time") == 1
    assert measure_title("held_out_w2") == "W₂ at the held-out time"


def test_known_numbers(preset, rows):
    chosen = (rows["method"] == "metric_nlot") & (rows["problem"] == "x_paths")
    chosen &= rows["measure"] == "alignment"
    known = rows["seed"].map({1: 0.90, 2: 0.92, 3: 0.97})
    made = table(
        rows.assign(value=rows["value"].where(~chosen, known)), "table2", preset
    )
    first, *_, last = blocks(made)
    assert cells(made, first)["Metric NLOT"]["x_paths"] == "0.9300 ± 0.0361"
    assert cells(made, last)["Metric NLOT"]["x_paths"] == "1.25 ± 0.00"


def test_what_a_problem_lacks_is_marked(rows, preset):
    made = table(rows, "table2", preset)
    alignment, _, particles, populations, _ = blocks(made)
    assert cells(made, alignment)["Metric NLOT"]["given"] == ABSENT
    assert cells(made, particles)["Metric NLOT"]["circle_released"] == ABSENT
    assert ABSENT not in cells(made, populations)["Metric NLOT"].values()


def test_printed_rows_are_marked_and_keep_their_digits(rows, preset):
    made = table(rows, "table1", preset)
    (first, labels), *others = blocks(made).items()
    assert {label for label in labels if PRINTED in label} == {
        f"NLOT, {PRINTED}",
        f"NLSB (stochastic), {PRINTED}",
        f"NLSB (expected), {PRINTED}",
    }
    numbers = papers.numbers("nlot2024")
    expected = numbers[numbers["method"] == "nlot"].set_index("problem")
    shown = cells(made, first)[f"NLOT, {PRINTED}"]
    for problem, text in shown.items():
        row = expected.loc[problem]
        assert text == f"{row['value']:.1f} ± {row['sd']:.1f}"
    assert not any(PRINTED in label for _, labels in others for label in labels)
    assert papers.about("nlot2024").reference in made.caption


def test_printed_rows_stand_also_beside_released_samples(rows, preset):
    made = table(rows, "table2", preset)
    shown = cells(made, next(iter(blocks(made))))
    assert shown[f"Metric NLOT, {PRINTED}"] == {
        "x_paths": "0.957 ± 0.001",
        "given": ABSENT,
        "circle_released": "0.997 ± 0.002",
    }
    assert shown[f"Scarvelis and Solomon, {PRINTED}"] == {
        "x_paths": "0.916",
        "given": ABSENT,
        "circle_released": "0.995",
    }
    counts = made.blocks[0][1]["runs"]
    assert counts[f"Metric NLOT, {PRINTED}"] == "3"
    assert counts[f"Scarvelis and Solomon, {PRINTED}"] == "1"


def test_without_measures_an_entry_shows_all(rows, preset):
    extra = rows[rows["measure"] == "action"].assign(measure="smoothness")
    made = table(pd.concat([rows, extra]), "supplement", preset)
    own = rows[rows["problem"].isin(["well", "box"])]
    assert set(made.data["measure"]) >= {*own["measure"], "minutes", "smoothness"}
    assert list(blocks(made))[-1] == "smoothness"
    assert lookup(made, "minutes", "nlot", "box").mean == 2.5
    assert "NLOT, network map" in made.blocks[0][1].index


@pytest.mark.parametrize("method", ["nlot", "floor", "translation"])
def test_a_missing_row_is_named(rows, preset, method):
    gone = (rows["problem"] == "box") & (rows["method"] == method) & (rows["seed"] == 1)
    gone &= rows["measure"] == "w2_exact"
    with pytest.raises(RowsError, match=f"missing.*: box {method} 1 w2_exact$"):
        table(rows[~gone], "table1", preset)


def test_percentages_of_an_optimal_cost_of_zero_may_be_missing(rows, preset):
    gone = (rows["measure"] == "coupling_gap") & (rows["problem"] == "box")
    with pytest.raises(RowsError, match="missing"):
        table(rows[~gone], "supplement", preset)
    free = rows[rows["problem"] == "box"].head(1)
    free = free.assign(method="reference", measure="optimal_cost", value=0.0)
    assert len(table(pd.concat([rows[~gone], free]), "supplement", preset).shown)


def test_notes_of_controls_stand_in_captions(rows, preset):
    note = CONTROLS["random_metric"].note
    assert note in table(rows, "table2", preset).caption
    fewer = change(preset, "table2", controls=["true_metric"])
    assert note not in table(rows, "table2", fewer).caption


def test_many_missing_rows_are_counted(rows, preset):
    with pytest.raises(RowsError, match=r"box nlot 1 \w+; .* and \d+ more"):
        table(rows[rows["method"] == "floor"], "table1", preset)


def test_doubled_rows_are_refused(rows, preset):
    with pytest.raises(RowsError, match=r"doubled.*: well nlot_plus 3 w2_paper"):
        table(pd.concat([rows, rows.head(1)]), "table1", preset)


def test_a_table_may_have_seeds_of_its_own(rows, preset):
    single = change(preset, "table1", seeds=[1])
    made = table(rows, "table1", single)
    labels = made.shown.index.get_level_values("label")
    ours = made.shown[~labels.str.contains(PRINTED, regex=False)]
    found = ours[[*made.columns]].to_numpy().ravel()
    assert all(re.fullmatch(r"-?\d+\.\d+", text) for text in found)
    assert set(ours["runs"]) == {"1"}
    assert "Values of seed 1." in made.caption


def test_captions_state_the_settings_in_use(rows, preset):
    e = preset.evaluation
    caption = table(rows, "table1", preset).caption
    for words in (
        "seeds 3, 1, 2",
        "preset tiny",
        f"ε = {e.paper.epsilon:g}",
        f"mean over {e.paper.draws} independent draws",
        f"polygons of {e.least_action.segments} segments",
    ):
        assert words in caption
    titles = list(blocks(table(rows, "table1", preset)))
    assert titles[0].endswith("n = 16")
    # What is not shown is not explained.
    assert "Alignment" not in caption
    assert "Sinkhorn divergence" not in caption


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
